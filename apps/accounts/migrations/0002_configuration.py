"""Changes of keys, people and roles raise the number under which processes remember them."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE OF user_id, name, public_id, secret_hash, scopes, expires_at, revoked_at ON accounts_apikey
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE OF email, name, is_active, is_staff, partner_id, contact_id, lease_id ON accounts_user
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON accounts_roleassignment
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON accounts_apikey;
DROP TRIGGER raise_configuration ON accounts_user;
DROP TRIGGER raise_configuration ON accounts_roleassignment;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenants", "0003_configuration")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
