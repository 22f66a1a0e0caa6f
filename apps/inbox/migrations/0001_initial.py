from django.db import migrations, models

import apps.core.clock
import apps.core.ids


def _entity() -> list:
    return [
        (
            "id",
            models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False),
        ),
        ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
        ("version", models.PositiveIntegerField(default=1, editable=False)),
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                *_entity(),
                ("user_id", models.UUIDField()),
                ("secret_hash", models.CharField(max_length=64, unique=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "calendar feed",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("user_id",),
                        name="one_feed_per_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                *_entity(),
                ("user_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("decision", "Decision"), ("task", "Task"), ("exception", "Exception")],
                        max_length=16,
                    ),
                ),
                ("item_id", models.UUIDField()),
                ("read_at", models.DateTimeField(null=True)),
                ("snoozed_until", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "inbox mark",
                "indexes": [
                    models.Index(
                        condition=models.Q(("snoozed_until__isnull", False)),
                        fields=["user_id", "snoozed_until"],
                        name="mark_snoozed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user_id", "item_id"), name="one_mark_per_item")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                *_entity(),
                ("user_id", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("query", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "saved filter",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(fields=("user_id", "name"), name="filter_name_per_person")
                ],
            },
        ),
    ]
