"""The answer at the head of the inbox: how much waits, of what, and since when. Pure."""

from datetime import datetime

from apps.inbox.choices import ItemKind
from apps.inbox.types import Counts
from apps.portal.wording import capital, counted, joined, since_words


def inbox_title(counts: Counts, at: datetime) -> str:
    """Return "3 decisions and 1 task wait for you, the oldest since Tuesday"."""
    total = counts.all.waiting
    if not total:
        return "Nothing waits for you"
    numbers = {kind: counts.of(kind).waiting for kind in ItemKind}
    parts = joined(counted(number, kind.value) for kind, number in numbers.items() if number)
    return capital(f"{parts} {'waits' if total == 1 else 'wait'} for you, {_since(counts, at)}")


def inbox_lede(counts: Counts) -> str:
    """Return what else is to know of it: overdue, unread, put off; "" if nothing."""
    held = counts.all
    parts = [
        f"{held.overdue} overdue" if held.overdue else "",
        f"{held.unread} not looked at yet" if held.unread else "",
        f"{held.snoozed} snoozed" if held.snoozed else "",
    ]
    said = joined(parts)
    return f"{capital(said)}." if said else ""


def _since(counts: Counts, at: datetime) -> str:
    oldest = counts.all.oldest
    if oldest is None:
        return ""
    since = since_words(oldest, at)
    return f"since {since}" if counts.all.waiting == 1 else f"the oldest since {since}"
