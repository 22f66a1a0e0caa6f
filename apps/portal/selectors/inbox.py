"""What waits for one person, as its pages say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts import policies
from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.core.actor import Actor
from apps.core.counting import count_each
from apps.core.money import Money
from apps.core.templatetags.ui import exact_words
from apps.inbox.choices import Grouping, ItemKind
from apps.inbox.selectors.waiting import total_waiting
from apps.inbox.types import Entry
from apps.messaging.selectors.notices import unread_notices
from apps.portal.wording import capital, joined, role_words, titled
from apps.workflows.models import WorkflowTemplate
from apps.workflows.selectors import cases

_WORDS = {
    ItemKind.DECISION: ("Decision", "brand", "portal:approval"),
    ItemKind.TASK: ("Task", "info", "portal:task"),
    ItemKind.EXCEPTION: ("Exception", "danger", "portal:exception"),
}
DUE_GROUPS = {
    "1": "Overdue",
    "2": "Due today",
    "3": "Due within a week",
    "4": "Due later",
    "5": "Without a deadline",
}


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One line of a list: what, why it is here, since and until when, and how much is at stake."""

    kind: str
    id: UUID
    word: str
    tone: str
    url: str
    title: str
    about: str
    why: str
    since: datetime
    due_at: datetime | None
    amount: Money | None
    is_unread: bool = False
    snoozed_until: datetime | None = None
    group: str = ""
    is_over: bool = False


def line_of(entry: Entry, headings: Mapping[str, str] | None = None) -> InboxItem:
    """Return how an entry is said; ``headings`` are the words of the groups' keys."""
    word, tone, to = _WORDS[entry.kind]
    return InboxItem(
        kind=entry.kind,
        id=entry.id,
        word=word,
        tone=tone,
        url=reverse(to, args=[entry.id]),
        title=titled(entry.title, entry.about),
        about=_about(entry),
        why=_why(entry),
        since=entry.since,
        due_at=entry.due_at,
        amount=entry.amount,
        is_unread=entry.is_unread,
        snoozed_until=entry.snoozed_until if entry.is_snoozed else None,
        group=(headings or {}).get(entry.group, entry.group),
    )


def headings_of(group: str, entries: Sequence[Entry]) -> dict[str, str]:
    """Return the words of the groups on a page: one statement for templates, none for the others."""
    if group == Grouping.DUE:
        return DUE_GROUPS
    if group == Grouping.TEMPLATE:
        keys = {entry.group for entry in entries}
        names = dict(WorkflowTemplate.objects.filter(key__in=keys).values_list("key", "name"))
        return {"": "Without a template", **names}
    return {"": "Without a customer"} if group == Grouping.CUSTOMER else {}


def nav_counts(actor: Actor, *, inbox: int | None = None) -> dict[str, int]:
    """Return the figures beside the navigation: what waits for the actor (if not counted yet), all open
    exceptions, unread notices."""
    beside: dict[str, QuerySet[Any]] = {"notices": unread_notices(actor)}
    if policies.may(actor, "exceptions:read"):
        beside["exceptions"] = cases.open_cases()
    return {
        "inbox": total_waiting(actor) if inbox is None else inbox,
        "exceptions": 0,
        **count_each(beside),
    }


def _about(entry: Entry) -> str:
    if entry.kind == ItemKind.EXCEPTION:
        return entry.text
    parts = [
        f"asked by {entry.asked_by}" if entry.asked_by else "",
        f"for {entry.customer}" if entry.customer else "",
    ]
    return capital(" ".join(part for part in parts if part))


def _why(entry: Entry) -> str:
    if entry.kind == ItemKind.DECISION:
        return f"You decide as: {entry.asks_as}" if entry.asks_as else ""
    if entry.kind == ItemKind.TASK:
        return f"Waits for any {role_words(entry.asks_as)}" if entry.asks_as else "Waits for you by name"
    return f"Owned by the {role_words(entry.asks_as)}" if entry.asks_as else "Owned by you"


def decision_line(entry: Entry, request: ApprovalRequest) -> InboxItem:
    """Return how a decision is said in the lists of those who do not decide it now."""
    status = RequestStatus(request.status)
    is_open = status == RequestStatus.OPEN
    ended = (
        ""
        if is_open or request.decided_at is None
        else f"{status.label} on {exact_words(request.decided_at)}"
    )
    return replace(
        line_of(entry),
        word=_STATUS_WORDS.get(status, str(status.label)),
        tone=_STATUS_TONES.get(status, "neutral"),
        why=_waits_words(entry) if is_open else ended,
        due_at=entry.due_at if is_open else None,
        is_over=not is_open,
    )


def _waits_words(entry: Entry) -> str:
    who = f"waits for {joined(entry.waits_for)}" if entry.waits_for else ""
    return capital(": ".join(part for part in (entry.asks_as, who) if part))


_STATUS_WORDS = {RequestStatus.OPEN: "Waiting for a decision", RequestStatus.CANCELLED: "Withdrawn"}
_STATUS_TONES = {
    RequestStatus.OPEN: "warning",
    RequestStatus.APPROVED: "success",
    RequestStatus.REJECTED: "danger",
}
