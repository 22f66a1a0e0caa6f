"""What happened: domain events, and the audit of who did what."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.ledger.events import get_event_type, list_event_types
from apps.ledger.models import AuditEntry
from apps.ledger.selectors.audit import list_audit, list_events
from apps.portal.paging import list_page
from apps.portal.views.base import StaffPage
from apps.portal.wording import capital, is_uuid, label_of, value_words

_MISSING = object()


class EventsPage(StaffPage):
    """Domain events, the newest first."""

    section = "events"
    action = "events:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = {name: self.asked(name) for name in ("type", "subject")}
        page = list_page(list_events(wanted), request)
        described = {name: get_event_type(name) for name in {row.type for row in page.rows}}
        values = {
            "lines": [(row, held.description if (held := described[row.type]) else "") for row in page.rows],
            "page": page,
            "wanted": wanted,
            "types": [event_type.name for event_type in list_event_types()],
            "title": "Events"
            if not any(wanted.values())
            else f"Events: {wanted['type'] or wanted['subject']}",
        }
        return self.page("portal/records/events.html", values)


class AuditPage(StaffPage):
    """Who did what, when and why, and what it changed."""

    section = "audit"
    action = "audit:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = {name: self.asked(name) for name in ("subject", "actor", "action")}
        noun, _, number = wanted["subject"].partition("/")
        filters = {
            "subject_type": noun.strip().replace(" ", "_"),
            "subject_id": number.strip(),
            "action": wanted["action"],
        }
        if is_uuid(noun):
            filters = {"subject_id": noun, "action": wanted["action"]}
        rows = list_audit(filters)
        if wanted["actor"]:
            rows = rows.filter(actor_label__icontains=wanted["actor"])
        page = list_page(rows, request)
        values = {
            "lines": [(entry, capital(action_words(entry)), changes_of(entry)) for entry in page.rows],
            "page": page,
            "wanted": wanted,
            "filtered": any(wanted.values()),
        }
        return self.page("portal/records/audit.html", values)


def action_words(entry: AuditEntry) -> str:
    """Return what was done in words: "approve: approval request"."""
    noun, _, verb = entry.action.partition(".")
    return f"{label_of(verb).lower()}: {label_of(noun).lower()}" if verb else label_of(noun).lower()


def changes_of(entry: AuditEntry) -> list[dict[str, Any]]:
    """Return each changed field with what it was and what it is."""
    changes = []
    for name in dict.fromkeys([*entry.before, *entry.after]):
        before, after = entry.before.get(name, _MISSING), entry.after.get(name, _MISSING)
        if before != after:
            changes.append(
                {
                    "label": label_of(name),
                    "before": value_words(before) if before is not _MISSING else "",
                    "after": value_words(after) if after is not _MISSING else "",
                }
            )
    return changes
