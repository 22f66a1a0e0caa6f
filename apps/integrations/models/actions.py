"""The effect ledger: every call a run intends, committed before it is made."""

from django.db import models
from django.db.models import Q

from apps.core.models import Entity
from apps.integrations.choices import IntentState


class ActionIntent(Entity):
    """One intended call of an operation for one epoch of a run's visit.

    The id is the idempotency key: uuid5 of tenant, run, visit and epoch. ``attempt`` is the engine's; automatic
    attempts share the row. ``begun_attempt`` is the last attempt known to have been sent, kept only for operations
    that must never be sent twice.
    """

    id = models.UUIDField(primary_key=True, editable=False)

    run_id = models.UUIDField()
    visit = models.CharField(max_length=120)
    epoch = models.PositiveIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=1)
    template_key = models.CharField(max_length=120, blank=True)
    slot = models.CharField(max_length=80)
    connection = models.ForeignKey(
        "integrations.Connection", null=True, on_delete=models.SET_NULL, related_name="intents"
    )
    operation = models.CharField(max_length=80)
    input = models.JSONField(default=dict)
    timeout_seconds = models.FloatField(null=True)
    state = models.CharField(max_length=16, choices=IntentState.choices, default=IntentState.INTENDED)
    begun_attempt = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    request = models.JSONField(default=dict)
    response = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    latency_ms = models.FloatField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "action intent"
        constraints = (
            models.UniqueConstraint(fields=["run_id", "visit", "epoch"], name="one_intent_per_epoch"),
        )
        indexes = (
            models.Index(fields=["connection"], condition=Q(state="held"), name="intent_held"),
            models.Index(fields=["state", "created_at"], condition=~Q(state="confirmed"), name="intent_open"),
        )
