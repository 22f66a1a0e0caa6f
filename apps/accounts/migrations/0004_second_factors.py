"""Second factors: what is begun with them, and their failures."""

import apps.core.clock
import apps.core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_groups_and_managers")]
    operations = [
        migrations.AlterField(
            model_name="signinattempt",
            name="method",
            field=models.CharField(
                choices=[
                    ("password", "Password"),
                    ("code", "Code by mail"),
                    ("reset", "Password reset"),
                    ("factor", "Second factor"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="FactorChallenge",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("purpose", models.CharField(max_length=120)),
                ("state", models.TextField()),
                ("made_at", models.DateTimeField(default=apps.core.clock.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="factor_challenges",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "factor challenge"},
        ),
    ]
