"""Inbound hooks and what came in through them."""

from django.db import models
from django.db.models import Q

from apps.core.clock import now
from apps.core.models import Entity, StatusField
from apps.integrations.choices import HookScheme, HookStatus, InboundEventStatus


class InboundHook(Entity):
    """A URL where another system tells what happened; its id is in the URL.

    ``mapping`` turns a message into a domain event: ``event``, ``id``, ``when``, ``subject``, ``data``, with
    expressions over ``body``, ``headers`` and ``received_at``. ``options`` depend on the scheme.
    """

    name = models.CharField(max_length=80, unique=True)
    scheme = models.CharField(max_length=24, choices=HookScheme.choices)
    options = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    sealed_secrets = models.TextField()
    owner_role = models.CharField(max_length=32, default="tenant_admin")
    status = StatusField(choices=HookStatus.choices, default=HookStatus.ACTIVE)
    rejected_count = models.PositiveBigIntegerField(default=0)
    last_rejected_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "inbound hook"


class InboundEvent(Entity):
    """A message as it came in, stored before it was acknowledged; ``domain_event_id`` once it was mapped."""

    hook = models.ForeignKey(InboundHook, on_delete=models.CASCADE, related_name="events")
    external_id = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=now)
    status = StatusField(choices=InboundEventStatus.choices, default=InboundEventStatus.RECEIVED)
    reason = models.JSONField(null=True)
    event_type = models.CharField(max_length=80, blank=True)
    event_subject = models.CharField(max_length=120, blank=True)
    domain_event_id = models.UUIDField(null=True)
    conflicts = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "inbound event"
        constraints = (
            models.UniqueConstraint(fields=["hook", "external_id"], name="one_event_per_external_id"),
        )
        indexes = (
            models.Index(fields=["hook", "-id"], name="inbound_newest"),
            models.Index(fields=["hook", "-id"], condition=Q(status="failed"), name="inbound_failed"),
        )
