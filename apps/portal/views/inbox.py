"""The first page in the morning: what waits for me."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse

from apps.core.clock import now
from apps.portal.selectors.inbox import SHOWN, Inbox, InboxItem, read_inbox
from apps.portal.views.base import StaffPage
from apps.portal.wording import capital, counted, joined, since_words

_KINDS = {"decision": "Decisions", "task": "Tasks", "exception": "Exceptions"}
_SINGULAR = {"decision": "decision", "task": "task", "exception": "exception"}


class InboxPage(StaffPage):
    """What waits, the most urgent first."""

    section = "inbox"

    def get(self, request: HttpRequest) -> HttpResponse:
        inbox = read_inbox(self.actor)
        kind = self.asked("kind")
        items = [item for item in inbox.items if item.kind == kind] if kind in _KINDS else inbox.items
        values = {
            "title": inbox_title(inbox, now()),
            "items": items[:SHOWN],
            "kind": kind if kind in _KINDS else "",
            "tabs": _tabs(inbox),
            "left_out": max(0, _expected(inbox, kind) - min(len(items), SHOWN)),
            "shown": SHOWN,
        }
        return self.page("portal/inbox/inbox.html", values)


def inbox_title(inbox: Inbox, at: datetime) -> str:
    """Return the answer of the page: how much waits, of what, and since when."""
    if not inbox.total:
        return "Nothing waits for you"
    numbers = {"decision": inbox.decisions, "task": inbox.tasks, "exception": inbox.exceptions}
    present = {kind: number for kind, number in numbers.items() if number}
    oldest = since_words(_oldest(inbox.items).since, at)
    verb = "waits" if inbox.total == 1 else "wait"
    since = f"since {oldest}" if inbox.total == 1 else f"the oldest since {oldest}"
    if len(present) == 1:
        kind, number = next(iter(present.items()))
        return f"{counted(number, _SINGULAR[kind])} {verb} for you, {since}"
    parts = joined(counted(number, _SINGULAR[kind]) for kind, number in present.items())
    return capital(f"{parts} wait for you, {since}")


def _oldest(items: list[InboxItem]) -> InboxItem:
    return min(items, key=lambda item: item.since)


def _expected(inbox: Inbox, kind: str) -> int:
    by_kind = {"decision": inbox.decisions, "task": inbox.tasks, "exception": inbox.exceptions}
    return by_kind.get(kind, inbox.total)


def _tabs(inbox: Inbox) -> list[dict[str, object]]:
    numbers = {
        "": inbox.total,
        "decision": inbox.decisions,
        "task": inbox.tasks,
        "exception": inbox.exceptions,
    }
    return [
        {"kind": kind, "label": label, "count": numbers[kind], "url": f"?kind={kind}" if kind else "?"}
        for kind, label in {"": "All", **_KINDS}.items()
    ]
