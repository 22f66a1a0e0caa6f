"""A request for approval, its stages and the decisions on it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from apps.approvals.choices import DecisionChannel, DecisionOutcome, RequestStatus, StageStatus
from apps.core.models import Entity, StatusField


class ApprovalRequest(Entity):
    """One question put to people by a visit of a run.

    ``show`` is what they see and decide on, ``show_hash`` the SHA-256 of its canonical JSON. ``waiting_for`` holds the
    ids of the users whose decision would count now; it is what the inbox reads. ``policy_definition`` is the policy as
    it stood, ``amount`` the money at stake, ``stage`` the index of the open (or last) stage.
    """

    run = models.ForeignKey("workflows.Run", on_delete=models.CASCADE, related_name="approvals")
    visit = models.CharField(max_length=120)
    epoch = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    about = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    audience = models.CharField(max_length=16, default="internal")
    policy = models.ForeignKey("approvals.ApprovalPolicy", on_delete=models.PROTECT, null=True)
    policy_key = models.CharField(max_length=80, blank=True)
    policy_number = models.PositiveIntegerField(null=True)
    policy_definition = models.JSONField(default=dict)
    show = models.JSONField(default=dict)
    show_hash = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    requested_by_id = models.CharField(max_length=64, blank=True)
    requested_by_label = models.CharField(max_length=200, blank=True)
    status = StatusField(choices=RequestStatus.choices, default=RequestStatus.OPEN)
    stage = models.PositiveSmallIntegerField(default=0)
    waiting_for = ArrayField(models.UUIDField(), default=list)
    due_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "approval request"
        constraints = (
            models.UniqueConstraint(fields=["run", "visit", "epoch"], name="one_request_per_visit"),
        )
        indexes = (
            GinIndex(fields=["waiting_for"], name="approval_inbox", condition=Q(status="open")),
            models.Index(fields=["status", "-id"], name="approval_status"),
            models.Index(fields=["policy_key", "-decided_at"], name="approval_similar"),
            models.Index(fields=["requested_by_id", "-id"], name="approval_requester"),
        )

    def __str__(self) -> str:
        return f"{self.title}: {self.about}" if self.about else self.title

    @property
    def is_open(self) -> bool:
        return bool(self.status == RequestStatus.OPEN)


class ApprovalStage(Entity):
    """One stage of a request. ``candidates`` are the people who were asked, as ``{"id", "label"}``, fixed on opening."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="stages")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    status = StatusField(choices=StageStatus.choices, default=StageStatus.WAITING)
    rule = models.JSONField(default=dict)
    needed = models.PositiveSmallIntegerField(default=1)
    candidates = models.JSONField(default=list)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = "approval stage"
        ordering = ("index",)
        constraints = (models.UniqueConstraint(fields=["request", "index"], name="stage_index"),)

    def __str__(self) -> str:
        return self.name


class Decision(Entity):
    """What one person decided in one stage, on exactly what was shown. Append-only by trigger.

    ``record`` is the canonical JSON of all that has to be provable (``evidence.decision_record``), ``record_hash`` its
    SHA-256, which the audit entry of the decision names; both are empty on decisions older than they are.
    ``on_behalf_of`` is ``{"id", "label"}`` of whoever a delegate decided for.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="decisions")
    stage = models.ForeignKey(ApprovalStage, on_delete=models.CASCADE, related_name="decisions")
    user_id = models.UUIDField()
    user_label = models.CharField(max_length=200)
    actor = models.JSONField(default=dict)
    outcome = models.CharField(max_length=16, choices=DecisionOutcome.choices)
    comment = models.TextField(blank=True)
    show_hash = models.CharField(max_length=64)
    how = models.CharField(max_length=16, choices=DecisionChannel.choices)
    on_behalf_of = models.JSONField(null=True)
    record = models.TextField(blank=True, default="")
    record_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "approval decision"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["stage", "user_id"], name="one_decision_per_person"),)
        indexes = (models.Index(fields=["user_id", "-id"], name="decision_person"),)

    def __str__(self) -> str:
        return f"{self.outcome} by {self.user_label}"
