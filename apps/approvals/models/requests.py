"""A request for approval, its stages and the decisions on it."""

import json

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from apps.approvals.choices import DecisionChannel, DecisionOutcome, RequestStatus, StageStatus
from apps.core.models import Entity, StatusField


class ApprovalRequest(Entity):
    """One question put to people by a visit of a run.

    ``show`` is what they see and decide on, ``show_hash`` the SHA-256 of its canonical JSON. ``waiting_for`` holds the
    ids of the users whose decision would count now; it is what the inbox reads. ``policy_definition`` is the policy as
    it stood, ``amount`` the money at stake, ``stage`` the index of the open (or last) stage. ``prepared_by`` are the
    people who prepared it (``{"id", "label"}``), ``asked_about`` what the policy's expressions see as ``subject``,
    ``editable`` the members of ``show`` that approvers may correct. ``decided_by_rule`` is the rule of the policy that
    approved it where nobody was asked. ``decides`` are the kinds of matters decided (``step_up.DECISION_KINDS``).
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
    prepared_by = models.JSONField(default=list, db_default=[])
    asked_about = models.JSONField(null=True)
    editable = models.JSONField(default=list, db_default=[])
    decides = models.JSONField(default=list, db_default=[])
    decided_by_rule = models.JSONField(null=True)
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
    """One stage of a request. ``candidates`` are the people who are asked, as ``{"id", "label", "why"}``, found on opening.

    ``left_out`` are people the policy names who are not asked, with ``reason``; ``mandatory`` the ids of those who must
    agree; ``parts`` the sub-quorums (``{"name", "members", "needed"}``). A candidate ``added`` by hand stays even where no
    rule names him. ``decided_by_rule`` is the rule of the policy that approved the stage where nobody was asked.
    ``opened_at``, ``rung`` and ``next_at`` are its clock, where the policy has a ladder: since when it waits, how many steps
    were taken, when the next one comes.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="stages")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    status = StatusField(choices=StageStatus.choices, default=StageStatus.WAITING)
    rule = models.JSONField(default=dict)
    needed = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField(null=True)
    candidates = models.JSONField(default=list)
    left_out = models.JSONField(default=list, db_default=[])
    mandatory = models.JSONField(default=list, db_default=[])
    parts = models.JSONField(default=list, db_default=[])
    decided_by_rule = models.JSONField(null=True)
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
    With ``on_behalf_of`` (``{"id", "label"}``) it is that person's vote, cast by ``user_id``. ``conditions`` are texts with
    who sees to them and until when, ``corrections`` the members of ``show`` he corrected (``{name: {"before", "after"}}``),
    ``remarks`` what is to change, by member of ``show``.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="decisions")
    stage = models.ForeignKey(ApprovalStage, on_delete=models.CASCADE, related_name="decisions")
    user_id = models.UUIDField()
    user_label = models.CharField(max_length=200)
    actor = models.JSONField(default=dict)
    outcome = models.CharField(max_length=32, choices=DecisionOutcome.choices)
    comment = models.TextField(blank=True)
    conditions = models.JSONField(default=list, db_default=[])
    corrections = models.JSONField(default=dict, db_default={})
    remarks = models.JSONField(default=dict, db_default={})
    show_hash = models.CharField(max_length=64)
    how = models.CharField(max_length=16, choices=DecisionChannel.choices)
    on_behalf_of = models.JSONField(null=True)
    record = models.TextField(blank=True, default="")
    record_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "approval decision"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["stage", "user_id"], name="one_decision_per_person"),
            models.UniqueConstraint(
                "stage",
                Coalesce(KeyTextTransform("id", "on_behalf_of"), Cast("user_id", models.TextField())),
                name="one_vote_per_member",
            ),
        )
        indexes = (models.Index(fields=["user_id", "-id"], name="decision_person"),)

    def __str__(self) -> str:
        return f"{self.outcome} by {self.user_label}"

    @property
    def confirmed_by(self) -> str:
        """By what the decider proved himself for this decision: totp, passkey, mail_code; "" if he was not asked to."""
        held = json.loads(self.record) if '"step_up"' in self.record else {}
        return str((held.get("step_up") or {}).get("method", ""))
