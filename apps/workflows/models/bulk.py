"""One command for many runs or exceptions: what was asked, and what came of it for each."""

from django.db import models
from django.db.models import Q

from apps.core.ids import new_id
from apps.core.models import Entity, StatusField
from apps.workflows.choices import BulkAbout, BulkItemState, BulkStatus


class BulkOperation(Entity):
    """A command for all that a filter finds, looked at first, then done in small portions.

    ``filter`` holds the lists' filter (``{"ids": [...]}`` for chosen ones), ``parameters`` what the command takes,
    ``actor`` who had it done; ``counts`` how many items were in each state after the last
    portion; ``halted`` says why it stopped by itself, "" if a person stopped it.
    """

    command = models.CharField(max_length=40)
    about = models.CharField(max_length=16, choices=BulkAbout.choices)
    filter = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    actor = models.JSONField(default=dict)
    status = StatusField(choices=BulkStatus.choices, default=BulkStatus.PREPARING)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    halted = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk operation"


class BulkItem(models.Model):
    """One run or exception (``target``) of a bulk operation.

    ``note`` says what will happen or happened, ``why`` why it was refused or failed, ``details`` holds what the
    command found out about it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    operation = models.ForeignKey(BulkOperation, on_delete=models.CASCADE, related_name="items")
    target = models.UUIDField()
    run_id = models.UUIDField(null=True)
    label = models.CharField(max_length=400)
    state = models.CharField(max_length=12, choices=BulkItemState.choices, default=BulkItemState.UNCHECKED)
    note = models.TextField(blank=True)
    why = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk item"
        constraints = (models.UniqueConstraint(fields=["operation", "target"], name="bulk_target_once"),)
        indexes = (
            models.Index(fields=["operation", "state", "id"], name="bulk_item_state"),
            models.Index(
                fields=["target"], condition=Q(state__in=("unchecked", "pending")), name="bulk_item_target"
            ),
        )
