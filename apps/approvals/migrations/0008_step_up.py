"""Who decides proves himself again where the policy asks for it."""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.clock
import apps.core.ids


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_absences_and_clocks")]

    operations = [
        migrations.AddField(
            model_name="approvalrequest",
            name="decides",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.CreateModel(
            name="StepUpProof",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("user_id", models.UUIDField()),
                ("show_hash", models.CharField(max_length=64)),
                ("method", models.CharField(max_length=16)),
                ("code_hash", models.CharField(blank=True, max_length=64)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("proved_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("request", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="proofs", to="approvals.approvalrequest")),
            ],
            options={
                "verbose_name": "step-up proof",
                "indexes": [models.Index(fields=["user_id", "request"], name="proof_person")],
            },
        ),
    ]
