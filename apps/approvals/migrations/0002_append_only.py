"""Decisions are never changed or deleted, whoever asks."""

from django.db import migrations

_FORWARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION "public".refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("tenants", "0002_directory_and_guards")]
    operations = [migrations.RunSQL(_FORWARD, "DROP TRIGGER append_only ON approvals_decision;")]
