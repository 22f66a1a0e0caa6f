import django.db.models.deletion
from django.db import migrations, models

import apps.core.clock
import apps.core.ids
import apps.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0013_backtest_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="SuiteRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("number", models.PositiveIntegerField()),
                ("source", models.TextField()),
                ("tests", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "status",
                    apps.core.models.StatusField(
                        choices=[
                            ("waiting", "Waits its turn"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=32,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("problems", models.JSONField(default=list)),
                ("results", models.JSONField(default=list)),
                ("coverage", models.JSONField(default=dict)),
                ("actor", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suite_runs",
                        to="workflows.workflowtemplate",
                    ),
                ),
            ],
            options={
                "verbose_name": "run of test cases",
                "verbose_name_plural": "runs of test cases",
                "indexes": [models.Index(fields=["template", "digest"], name="suite_run_digest")],
            },
        ),
    ]
