"""Reactions to events and work items; each bears running twice."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from apps.approvals.services.reminding import ASK_KIND, remind_approvers, tell_approvers
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, finish, unit_of_work
from apps.ledger.types import StoredEvent

_ACTOR = Actor.system("approval reminders")


def mail_later(event: StoredEvent) -> None:
    """Mail the people of the stage that has just opened in a little while: what is decided at once needs no mail."""
    at = now() + timedelta(seconds=settings.APPROVAL_MAIL_AFTER_SECONDS)
    enqueue(WorkItemSpec(ASK_KIND, UUID(event.data["approval_id"]), run_at=at))


def ask(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Mail the people whom the requests wait for."""
    with unit_of_work(_ACTOR):
        tell_approvers(request_ids=[item.ref for item in items])
        finish(items)
    return {}


def remind(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Remind the people of overdue requests."""
    for item in items:
        with unit_of_work(_ACTOR):
            remind_approvers(request_id=item.ref)
            finish([item])
    return {}
