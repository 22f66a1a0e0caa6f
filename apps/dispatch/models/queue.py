"""The queue's two tables."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from apps.core.clock import now
from apps.dispatch.choices import WorkState

PLATFORM = UUID(int=0)
"""The tenant id of work that belongs to the platform itself, such as provisioning."""


class WorkItem(models.Model):
    """One thing to do for one tenant, now or later; deleted once done.

    ``fence`` grows with every claim; whoever finishes must still hold the fence it was given. Only the database's
    clock counts for ``run_at`` and ``lease_until``.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField()
    lane = models.CharField(max_length=24)
    kind = models.CharField(max_length=64)
    ref = models.UUIDField()
    dedupe = models.CharField(max_length=160, null=True)
    state = models.CharField(max_length=8, choices=WorkState.choices, default=WorkState.READY)
    run_at = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        db_table = '"public"."dispatch_workitem"'
        indexes = (
            models.Index(
                fields=["tenant_id", "lane", "run_at", "id"], condition=Q(state="ready"), name="work_ready"
            ),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="work_leased"),
            models.Index(fields=["tenant_id", "lane"], condition=Q(state="leased"), name="work_inflight"),
            models.Index(fields=["ref"], name="work_ref"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "dedupe"], condition=Q(state="ready"), name="work_dedupe"
            ),
        )


class Lane(models.Model):
    """One tenant's queue of one sort of work, with its virtual time for fair sharing.

    ``next_due`` is never later than the earliest ready item; ``touched_at`` is when somebody last enqueued.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField()
    lane = models.CharField(max_length=24)
    weight = models.FloatField(default=1.0, db_default=1.0)
    virtual_time = models.FloatField(default=0.0, db_default=0.0)
    max_inflight = models.PositiveIntegerField(default=64, db_default=64)
    next_due = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        db_table = '"public"."dispatch_lane"'
        indexes = (models.Index(fields=["virtual_time"], name="lane_virtual_time"),)
        constraints = (models.UniqueConstraint(fields=["tenant_id", "lane"], name="lane_of_tenant"),)
