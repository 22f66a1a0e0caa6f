"""Mark what waits as read, or put it off until later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.inbox.exceptions import BadUntil, NothingWaits, NotSnoozable
from apps.inbox.models import Mark
from apps.inbox.selectors.waiting import still_waiting
from apps.ledger.services import record, unit_of_work

MAX_ITEMS = 100
MAX_SNOOZE = timedelta(days=60)


def mark_read(*, item_ids: Sequence[UUID], actor: Actor, read: bool = True) -> int:
    """Note that the actor has (or has not) looked at the items; return how many of them wait for him.

    A mark is the reader's own and changes nothing for others, so it is not audited.
    """
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        waiting = still_waiting(actor, item_ids[:MAX_ITEMS])
        at = now() if read else None
        marks = [
            Mark(user_id=_user(actor), kind=kind, item_id=pk, read_at=at) for pk, (kind, _) in waiting.items()
        ]
        _put(marks, "read_at")
        return len(waiting)


def snooze_items(*, item_ids: Sequence[UUID], until: datetime, actor: Actor) -> list[UUID]:
    """Put the items off: they come back at ``until``, or when they become overdue, whichever is sooner.

    What is overdue already stays in sight; return the ids of what was put off. Raises BadUntil for a moment that is
    past or more than 60 days away, NotSnoozable if all is overdue, NothingWaits if nothing of it waits for the actor.
    """
    at = now()
    if not at < until <= at + MAX_SNOOZE:
        raise BadUntil("Choose a moment within the next 60 days.")
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        waiting = still_waiting(actor, item_ids[:MAX_ITEMS])
        if not waiting:
            raise NothingWaits
        marks = [
            Mark(user_id=_user(actor), kind=kind, item_id=pk, snoozed_until=until)
            for pk, (kind, is_overdue) in waiting.items()
            if not is_overdue
        ]
        if not marks:
            raise NotSnoozable(len(waiting))
        _put(marks, "snoozed_until")
        for mark in marks:
            record("inbox.snooze", mark, after={"item": str(mark.item_id), "until": until.isoformat()})
        return [mark.item_id for mark in marks]


def wake_items(*, item_ids: Sequence[UUID], actor: Actor) -> int:
    """Bring back what the actor has put off; return how many were."""
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        marks = list(
            Mark.objects.select_for_update().filter(
                user_id=_user(actor), item_id__in=item_ids, snoozed_until__isnull=False
            )
        )
        for mark in marks:
            mark.snoozed_until = None
            record("inbox.wake", mark, after={"item": str(mark.item_id)})
        Mark.objects.bulk_update(marks, ["snoozed_until"])
        return len(marks)


def _put(marks: Sequence[Mark], field: str) -> None:
    Mark.objects.bulk_create(
        sorted(marks, key=lambda mark: mark.item_id),
        update_conflicts=True,
        unique_fields=["user_id", "item_id"],
        update_fields=[field],
    )


def _user(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NothingWaits
    return UUID(actor.user_id)
