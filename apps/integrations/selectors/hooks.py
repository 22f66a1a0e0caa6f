"""Inbound hooks and what came in through them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.core.errors import NotFound
from apps.integrations.choices import InboundEventStatus
from apps.integrations.exceptions import UnknownHook
from apps.integrations.models import InboundEvent, InboundHook
from apps.integrations.vault import unseal

Json = dict[str, Any]
PART = "mappings"
"""The name under which versions of workflow templates hold copies of inbound mappings."""


def list_hooks() -> QuerySet[InboundHook]:
    """Return all hooks; ``failed_count`` counts the messages that wait for a mended mapping."""
    failed = Count("events", filter=Q(events__status=InboundEventStatus.FAILED))
    return InboundHook.objects.annotate(failed_count=failed)


def get_hook(hook_id: UUID) -> InboundHook:
    """Return the hook; raise UnknownHook."""
    row = list_hooks().filter(pk=hook_id).first()
    if row is None:
        raise UnknownHook
    return row


def mapping_copies(event_types: Collection[str]) -> dict[str, Json]:
    """Return scheme and mapping, by hook name, of the hooks that make one of these events."""
    return {
        hook.name: {"scheme": hook.scheme, "mapping": hook.mapping}
        for hook in InboundHook.objects.order_by("name")
        if hook.mapping.get("event") in event_types
    }


def list_inbound_events(hook_id: UUID, status: str = "") -> QuerySet[InboundEvent]:
    """Return the hook's messages without their bodies, which are loaded when looked at."""
    rows = InboundEvent.objects.filter(hook_id=hook_id).defer("body")
    return rows.filter(status=status) if status else rows


def get_inbound_event(hook_id: UUID, event_id: UUID) -> InboundEvent:
    """Return the message with its body; raise NotFound."""
    row = InboundEvent.objects.filter(hook_id=hook_id, pk=event_id).first()
    if row is None:
        raise NotFound("not_found", "There is no such message.")
    return row


def live_secrets(hook: InboundHook) -> list[str]:
    """Return the hook's secrets in the clear, the newest first."""
    return [str(entry["secret"]) for entry in unseal(hook.sealed_secrets)]
