"""What happened to a request besides decisions; what somebody held and who got it; whether there will be somebody."""

from django.db import models

from apps.approvals.choices import FactKind, ForecastCause, HandOverStatus, HoldingKind, HoldingState
from apps.approvals.models.requests import ApprovalRequest, ApprovalStage
from apps.core.ids import new_id
from apps.core.models import Entity, StatusField


class RequestFact(Entity):
    """One thing that happened to a request: a reminder, a step of escalation, a change of people. Append-only.

    ``people`` are those whom it brought in (or reminded), ``gone`` those it took off, each as ``{"id", "label"}``; ``by`` is
    who did it ("": the policy).
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="facts")
    stage = models.ForeignKey(ApprovalStage, on_delete=models.CASCADE, null=True, related_name="facts")
    kind = models.CharField(max_length=16, choices=FactKind.choices)
    by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    people = models.JSONField(default=list)
    gone = models.JSONField(default=list)

    class Meta:
        verbose_name = "approval fact"
        indexes = (models.Index(fields=["request", "id"], name="approval_facts"),)


class HandOver(Entity):
    """What ``giver`` held is given to ``taker``, item by item, in the name of ``actor``; ``counts`` is how far it is."""

    giver = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    taker = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    actor = models.JSONField(default=dict)
    status = StatusField(choices=HandOverStatus.choices, default=HandOverStatus.RUNNING)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "hand over"


class HandOverItem(models.Model):
    """One thing of a hand-over: an approval, a task, an exception or a delegation (``target``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hand_over = models.ForeignKey(HandOver, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=12, choices=HoldingKind.choices)
    target = models.UUIDField()
    label = models.CharField(max_length=400)
    state = models.CharField(max_length=8, choices=HoldingState.choices, default=HoldingState.PENDING)
    why = models.TextField(blank=True)

    class Meta:
        verbose_name = "hand over item"
        constraints = (
            models.UniqueConstraint(fields=["hand_over", "kind", "target"], name="hand_over_once"),
        )
        indexes = (models.Index(fields=["hand_over", "state", "id"], name="hand_over_state"),)


class CoverageForecast(Entity):
    """Whether there will be somebody for the approvals of the coming days, as it stood when it was made.

    ``scope`` is "" for everything, or ``policy/<key>``; ``findings`` are gaps as ``selectors.forecasts`` spells them,
    ``checked`` is how many stages were looked at.
    """

    days = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=8, choices=ForecastCause.choices)
    scope = models.CharField(max_length=120, blank=True)
    asked_by = models.CharField(max_length=200, blank=True)
    checked = models.PositiveIntegerField(default=0)
    grave = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "coverage forecast"
