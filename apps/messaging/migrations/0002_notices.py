import datetime

from django.db import migrations, models

import apps.core.clock
import apps.core.ids
import apps.core.models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.AddField(
            "message",
            "chat",
            models.CharField(
                blank=True,
                choices=[
                    ("", "Not sent to the chat"),
                    ("queued", "Waiting to be sent to the chat"),
                    ("sent", "Sent to the chat"),
                    ("failed", "Could not be sent to the chat"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField("message", "in_app", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "message", "path", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("message", "read_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "message",
            "status",
            apps.core.models.StatusField(
                choices=[
                    ("queued", "Waiting to be sent"),
                    ("sent", "Sent"),
                    ("failed", "Could not be delivered"),
                    ("held", "Waits for the daily mail"),
                    ("bundled", "Sent with the daily mail"),
                    ("kept", "Shown here only"),
                ],
                default="queued",
                max_length=32,
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("in_app", True)), fields=["user_id", "-id"], name="message_notices"
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("in_app", True), ("read_at__isnull", True)),
                fields=["user_id"],
                name="message_unread",
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(condition=models.Q(("status", "held")), fields=["user_id"], name="message_held"),
        ),
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("user_id", models.UUIDField(unique=True)),
                ("zone", models.CharField(blank=True, max_length=64)),
                ("quiet_from", models.TimeField(null=True)),
                ("quiet_to", models.TimeField(null=True)),
                ("digest_at", models.TimeField(default=datetime.time(8, 0))),
                ("ways", models.JSONField(default=dict)),
            ],
            options={"verbose_name": "notification preference"},
        ),
    ]
