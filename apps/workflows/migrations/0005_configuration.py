"""Changes of templates and their versions raise the number under which processes remember them."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON workflows_workflowtemplate
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON workflows_templateversion
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON workflows_workflowtemplate;
DROP TRIGGER raise_configuration ON workflows_templateversion;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0004_tests_and_backtests"), ("tenants", "0003_configuration")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
