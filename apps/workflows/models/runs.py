"""One execution of a template version, its steps and its history."""

from django.db import models
from django.db.models import Q

from apps.core.clock import now
from apps.core.models import Entity, StatusField
from apps.workflows.choices import RunStatus, StepStatus
from apps.workflows.models.templates import TemplateVersion


class Run(Entity):
    """One execution. ``start`` never changes after the first transition; ``state`` is the fold of the history.

    ``paused_by`` names what holds it (``run``, ``template``, ``tenant``); a replay names the run it repeats and from
    which step.
    """

    template_version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="runs")
    template_key = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    subject = models.CharField(max_length=120, blank=True)
    status = StatusField(choices=RunStatus.choices, default=RunStatus.RUNNING)
    outcome = models.CharField(max_length=40, blank=True)
    start = models.JSONField(default=dict)
    state = models.JSONField(default=dict)
    history_length = models.PositiveIntegerField(default=0)
    open_exceptions = models.PositiveIntegerField(default=0)
    paused_by = models.JSONField(default=list, db_default=[])
    started_by = models.JSONField(default=dict)
    trigger_event_id = models.UUIDField(null=True)
    trigger_key = models.CharField(max_length=200, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    parent_visit = models.CharField(max_length=120, blank=True)
    parent_epoch = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    replay_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replays")
    replay_from = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        verbose_name = "run"
        constraints = (
            models.UniqueConstraint(
                fields=["template_key", "trigger_event_id"],
                condition=Q(trigger_event_id__isnull=False),
                name="one_run_per_event",
            ),
            models.UniqueConstraint(
                fields=["template_key", "trigger_key"], condition=~Q(trigger_key=""), name="one_run_per_key"
            ),
            models.UniqueConstraint(
                fields=["parent", "parent_visit", "parent_epoch"],
                condition=Q(parent__isnull=False),
                name="one_child_per_visit",
            ),
        )
        indexes = (
            models.Index(fields=["status", "-id"], name="run_status"),
            models.Index(fields=["template_key", "-id"], name="run_template"),
            models.Index(fields=["subject"], name="run_subject"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_finished(self) -> bool:
        return self.status not in (RunStatus.RUNNING, RunStatus.ROLLING_BACK)


class StepRun(models.Model):
    """Where one visit of a step stands: a projection of the history for lists and diagrams."""

    pk = models.CompositePrimaryKey("run_id", "visit")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    visit = models.CharField(max_length=120)
    step = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=160)
    audience = models.CharField(max_length=16, default="internal")
    status = models.CharField(max_length=16, choices=StepStatus.choices)
    waiting_on = models.CharField(max_length=120, blank=True)
    epoch = models.PositiveIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "step run"


class HistoryEntry(models.Model):
    """One fact about a run, numbered without gaps from 1."""

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="history")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=32)
    visit = models.CharField(max_length=120, null=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "history entry"
