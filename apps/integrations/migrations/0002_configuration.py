"""Changes of webhook endpoints raise the number under which processes remember them."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE OF url, event_types, status ON integrations_webhookendpoint
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON integrations_webhookendpoint;
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("tenants", "0003_configuration")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
