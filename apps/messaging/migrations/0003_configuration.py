"""Changes of people's preferences raise the number under which processes remember them."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON messaging_notificationpreference
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON messaging_notificationpreference;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_notices"), ("tenants", "0003_configuration")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
