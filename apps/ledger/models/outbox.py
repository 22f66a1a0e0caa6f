"""Domain events on their way to whoever listens."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.core.clock import now
from apps.core.ids import new_id
from apps.core.models import Entity


class OutboxMessage(models.Model):
    """A domain event, written with the state it tells of; ``batch`` names the transaction that wrote it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.UUIDField()
    type = models.CharField(max_length=64)
    type_version = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    time = models.DateTimeField(default=now)
    actor = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "outbox message"
        indexes = (
            models.Index(fields=["batch"], condition=Q(delivered_at__isnull=True), name="outbox_pending"),
            models.Index(fields=["type", "-id"], name="outbox_type"),
            models.Index(fields=["subject"], name="outbox_subject"),
            BrinIndex(fields=["time"], name="outbox_time"),
        )


class SubscriberRetry(Entity):
    """One subscriber's failure to take one message; retried on its own, so that it holds up nobody else."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE)
    subscriber = models.CharField(max_length=120)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    parked = models.BooleanField(default=False)

    class Meta:
        verbose_name = "subscriber retry"
        constraints = (
            models.UniqueConstraint(fields=["message", "subscriber"], name="one_retry_per_subscriber"),
        )
