"""Audit entries are never changed or deleted, whoever asks; workers find this trigger in every schema."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_auditentry
    FOR EACH ROW EXECUTE FUNCTION "public".refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("tenants", "0002_directory_and_guards")]
    operations = [migrations.RunSQL(_FORWARD, "DROP TRIGGER append_only ON ledger_auditentry;")]
