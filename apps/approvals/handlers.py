"""Reactions to events and work items; each bears running twice."""

from collections.abc import Sequence
from uuid import UUID

from apps.approvals.services.reminding import remind_approvers, tell_approvers
from apps.core.actor import Actor
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import unit_of_work
from apps.ledger.types import StoredEvent

_ACTOR = Actor.system("approval reminders")


def mail_approvers(event: StoredEvent) -> None:
    """Mail the people of the stage that has just opened."""
    request_id = UUID(event.data["approval_id"])
    tell_approvers(request_id=request_id, stage=int(event.data["stage"]), dedupe=f"asked:{event.id}")


def remind(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Remind the people of overdue requests."""
    for item in items:
        with unit_of_work(_ACTOR):
            remind_approvers(request_id=item.ref)
            finish([item])
    return {}
