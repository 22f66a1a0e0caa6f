"""Who did what: the audit, read."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from apps.ledger.models import AuditEntry, OutboxMessage

_EQUAL = ("action", "subject_type", "subject_id", "actor_id", "actor_kind", "request_id", "lease_id")


def list_audit(wanted: Mapping[str, Any]) -> QuerySet[AuditEntry]:
    """Return the entries that agree with what is wanted: equal columns, and ``since`` and ``until`` (exclusive)."""
    entries = AuditEntry.objects.filter(**{name: wanted[name] for name in _EQUAL if wanted.get(name)})
    if wanted.get("since"):
        entries = entries.filter(at__gte=wanted["since"])
    if wanted.get("until"):
        entries = entries.filter(at__lt=wanted["until"])
    return entries


def list_events(wanted: Mapping[str, Any]) -> QuerySet[OutboxMessage]:
    """Return the events of a type, a subject (``noun/<id>``) or since a time."""
    events = OutboxMessage.objects.filter(
        **{name: wanted[name] for name in ("type", "subject") if wanted.get(name)}
    )
    return events.filter(time__gte=wanted["since"]) if wanted.get("since") else events
