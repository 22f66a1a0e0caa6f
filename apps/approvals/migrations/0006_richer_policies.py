"""Who prepared a request, what approvers may correct, who is left out of a stage, and votes on somebody's behalf."""

import apps.core.models
from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

_OUTCOMES = [
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("changes_requested", "Asked for changes"),
    ("abstained", "Abstained"),
]
_REQUESTS = [
    ("open", "Waiting for a decision"),
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("changes_requested", "Sent back for changes"),
    ("cancelled", "Cancelled"),
]
_STAGES = [
    ("waiting", "Not yet asked"),
    ("open", "Waiting for a decision"),
    ("passed", "Approved"),
    ("rejected", "Rejected"),
    ("changes_requested", "Sent back for changes"),
    ("skipped", "Not needed"),
    ("closed", "Closed"),
]


def _list() -> models.JSONField:
    return models.JSONField(db_default=[], default=list)


def _object() -> models.JSONField:
    return models.JSONField(db_default={}, default=dict)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0005_evidenceshare")]
    operations = [
        migrations.AddField("approvalrequest", "prepared_by", _list()),
        migrations.AddField("approvalrequest", "asked_about", models.JSONField(null=True)),
        migrations.AddField("approvalrequest", "editable", _list()),
        migrations.AddField("approvalrequest", "decided_by_rule", models.JSONField(null=True)),
        migrations.AlterField(
            "approvalrequest",
            "status",
            apps.core.models.StatusField(choices=_REQUESTS, default="open", max_length=32),
        ),
        migrations.AddField("approvalstage", "left_out", _list()),
        migrations.AddField("approvalstage", "mandatory", _list()),
        migrations.AddField("approvalstage", "parts", _list()),
        migrations.AddField("approvalstage", "decided_by_rule", models.JSONField(null=True)),
        migrations.AlterField(
            "approvalstage",
            "status",
            apps.core.models.StatusField(choices=_STAGES, default="waiting", max_length=32),
        ),
        migrations.AddField("decision", "conditions", _list()),
        migrations.AddField("decision", "corrections", _object()),
        migrations.AddField("decision", "remarks", _object()),
        migrations.AlterField("decision", "outcome", models.CharField(choices=_OUTCOMES, max_length=32)),
        migrations.AddConstraint(
            "decision",
            models.UniqueConstraint(
                "stage",
                Coalesce(KeyTextTransform("id", "on_behalf_of"), Cast("user_id", models.TextField())),
                name="one_vote_per_member",
            ),
        ),
    ]
