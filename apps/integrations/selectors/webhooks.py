"""Webhook endpoints, deliveries and attempts."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.integrations.choices import EndpointStatus
from apps.integrations.exceptions import UnknownEndpoint
from apps.integrations.models import WebhookDelivery, WebhookEndpoint
from apps.integrations.vault import unseal
from apps.integrations.webhooks.messages import wants
from tenants.configuration import remembered


def list_endpoints() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.all()


def get_endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    """Return the endpoint; raise UnknownEndpoint."""
    row = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if row is None:
        raise UnknownEndpoint
    return row


def listening_endpoints() -> list[tuple[UUID, list[str]]]:
    """Return the active endpoints with the event types they want."""
    return remembered("listening_endpoints", _read_listening)


def _read_listening() -> list[tuple[UUID, list[str]]]:
    rows = WebhookEndpoint.objects.filter(status=EndpointStatus.ACTIVE)
    return list(rows.values_list("id", "event_types"))


def does_anybody_want(event_types: Collection[str]) -> bool:
    """Return whether an active endpoint gets events of one of the types, as far as is remembered."""
    return any(
        wants(wanted, event_type) for _endpoint, wanted in listening_endpoints() for event_type in event_types
    )


def list_deliveries(
    *, endpoint_id: UUID | None = None, state: str = "", event_type: str = ""
) -> QuerySet[WebhookDelivery]:
    """Return deliveries with their attempts."""
    rows = WebhookDelivery.objects.prefetch_related("tries")
    if endpoint_id:
        rows = rows.filter(endpoint_id=endpoint_id)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(event_type=event_type) if event_type else rows


def get_delivery(delivery_id: UUID) -> WebhookDelivery:
    """Return the delivery with its attempts; raise NotFound."""
    row = list_deliveries().filter(pk=delivery_id).first()
    if row is None:
        raise NotFound("not_found", "There is no such delivery.")
    return row


def endpoint_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """Return the endpoint's live secrets in the clear, the newest first."""
    return [str(entry["secret"]) for entry in unseal(endpoint.sealed_secrets)]
