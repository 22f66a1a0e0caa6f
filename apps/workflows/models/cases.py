"""What waits for people because the workflow says so (tasks) or because automation stopped (exceptions)."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity, StatusField
from apps.workflows.choices import CaseStatus, TaskStatus
from apps.workflows.models.runs import Run


class UserTask(Entity):
    """A step a person does: a form to fill in, for a role or a particular user.

    ``is_assisted``: it belongs to an ``assist`` step, and may have proposals. ``beside`` is what it belongs to where no
    step waits for it, as ``<noun>/<id>``: a condition of an approval, for example; then the run goes on without it.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="user_tasks")
    visit = models.CharField(max_length=120)
    epoch = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    form = models.JSONField(default=dict)
    show = models.JSONField(default=dict)
    prefill = models.JSONField(default=dict)
    is_assisted = models.BooleanField(default=False)
    beside = models.CharField(max_length=120, blank=True, default="", db_default="")
    assignee_role = models.CharField(max_length=32, blank=True)
    assignee_user = models.CharField(max_length=64, blank=True)
    audience = models.CharField(max_length=16, default="internal")
    status = StatusField(choices=TaskStatus.choices, default=TaskStatus.OPEN)
    due_at = models.DateTimeField(null=True)
    output = models.JSONField(default=dict)
    completed_by = models.CharField(max_length=200, blank=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "user task"
        constraints = (
            models.UniqueConstraint(
                fields=["run", "visit", "epoch"], condition=Q(status="open"), name="one_open_task"
            ),
        )
        indexes = (
            models.Index(fields=["assignee_role", "due_at"], condition=Q(status="open"), name="task_inbox"),
            models.Index(fields=["beside"], condition=~Q(beside=""), name="task_beside"),
        )


class ExceptionCase(Entity):
    """Something that needs a person because automation stopped: owner, reason, age, way out.

    Of a run's step (``run`` and ``visit`` set) or of another row (``subject`` alone, such as an inbound event).
    ``payload`` is what can be edited before trying again.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, related_name="exceptions")
    visit = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    code = models.CharField(max_length=80)
    message = models.TextField()
    owner_role = models.CharField(max_length=32, blank=True)
    owner_user = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)
    payload = models.JSONField(null=True)
    audience = models.CharField(max_length=16, default="internal")
    status = StatusField(choices=CaseStatus.choices, default=CaseStatus.OPEN)
    resolved_how = models.CharField(max_length=40, blank=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "exception"
        constraints = (
            models.UniqueConstraint(
                fields=["run", "visit"],
                condition=Q(status="open", run__isnull=False),
                name="one_open_case_per_visit",
            ),
        )
        indexes = (
            models.Index(fields=["status", "-id"], name="case_status"),
            models.Index(fields=["subject"], condition=Q(status="open"), name="case_subject"),
        )
