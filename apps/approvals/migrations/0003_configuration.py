"""Changes of approval policies raise the number under which processes remember them."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON approvals_approvalpolicy
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON approvals_approvalpolicy;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_append_only"), ("tenants", "0003_configuration")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
