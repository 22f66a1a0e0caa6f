"""Webhook endpoints of subscribers, and what was delivered to them."""

from django.db import models
from django.db.models import Q

from apps.core.clock import now
from apps.core.models import Entity, StatusField
from apps.integrations.choices import DeliveryState, EndpointStatus


class WebhookEndpoint(Entity):
    """Where a subscriber wants events of some types (``*`` for all). Two secrets may be live while one is rotated."""

    name = models.CharField(max_length=80, blank=True)
    url = models.CharField(max_length=2000)
    event_types = models.JSONField(default=list)
    sealed_secrets = models.TextField()
    status = StatusField(choices=EndpointStatus.choices, default=EndpointStatus.ACTIVE)
    disabled_reason = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "webhook endpoint"
        indexes = (models.Index(fields=["status"], condition=Q(status="active"), name="endpoint_active"),)


class WebhookDelivery(Entity):
    """One event on its way to one endpoint: the same bytes and ``webhook-id`` at every attempt."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, default=now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_per_endpoint"),
        )
        indexes = (models.Index(fields=["state", "-id"], name="delivery_state"),)

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: the same for every attempt and every endpoint, as the event's own id is."""
        return f"msg_{self.event_id.hex}"


class WebhookAttempt(Entity):
    """One try to deliver: what was answered, or why nothing was."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=now)
    status_code = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    response = models.CharField(max_length=1000, blank=True)
    latency_ms = models.FloatField(null=True)

    class Meta:
        verbose_name = "webhook attempt"
