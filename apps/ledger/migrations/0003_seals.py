"""The chain over audit entries. What is there already waits to be sealed like everything new."""

import apps.core.clock
import apps.core.ids
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

_GUARDS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_auditseal
    FOR EACH ROW EXECUTE FUNCTION "public".refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_auditcheckpoint
    FOR EACH ROW EXECUTE FUNCTION "public".refuse_change();
"""
_NO_GUARDS = """
DROP TRIGGER append_only ON ledger_auditseal;
DROP TRIGGER append_only ON ledger_auditcheckpoint;
"""
_QUEUE = """
INSERT INTO ledger_unsealedentries (batch, entries)
SELECT (array_agg(id ORDER BY id))[1], array_agg(id ORDER BY id)
  FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 500 AS part FROM ledger_auditentry) AS present
 GROUP BY part;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="UnsealedEntries",
            fields=[
                ("batch", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("entries", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
            ],
            options={"verbose_name": "unsealed entries", "verbose_name_plural": "unsealed entries"},
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous", models.CharField(max_length=64)),
                ("count", models.PositiveIntegerField()),
                ("total", models.BigIntegerField()),
                ("first", models.UUIDField()),
                ("last", models.UUIDField()),
                ("root", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField(default=apps.core.clock.now)),
                ("entries", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ("leaves", models.BinaryField()),
            ],
            options={
                "verbose_name": "audit seal",
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["entries"], name="seal_entries")],
            },
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("seal_number", models.BigIntegerField(db_index=True)),
                ("since", models.BigIntegerField()),
                ("statement", models.TextField()),
                ("signature", models.CharField(max_length=128)),
                ("signed_at", models.DateTimeField(default=apps.core.clock.now)),
            ],
            options={"verbose_name": "audit checkpoint"},
        ),
        migrations.RunSQL(_GUARDS, _NO_GUARDS),
        migrations.RunSQL(_QUEUE, migrations.RunSQL.noop),
    ]
