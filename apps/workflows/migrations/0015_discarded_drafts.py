import django.db.models.deletion
from django.db import migrations, models

import apps.core.clock
import apps.core.ids
import apps.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0014_suite_runs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="templateversion",
            name="status",
            field=apps.core.models.StatusField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("published", "Published"),
                    ("retired", "Retired"),
                    ("discarded", "Discarded"),
                ],
                default="draft",
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="EditingSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("actor_id", models.CharField(max_length=64)),
                ("actor", models.JSONField(default=dict)),
                ("began_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("saves", models.PositiveIntegerField(default=1)),
                ("source_hash", models.CharField(max_length=64)),
                (
                    "template_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="editing",
                        to="workflows.templateversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "editing session",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("template_version", "actor_id"), name="one_sitting_per_person"
                    )
                ],
            },
        ),
    ]
