"""Reactions to events and work items; each bears running twice."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.approvals.selectors.requests import open_among
from apps.approvals.services.departing import recheck_request, recheck_requests_of
from apps.approvals.services.reminding import ASK_KIND, remind_approvers, tell_approvers
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.moments import moment_after
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import finish, unit_of_work

_ACTOR = Actor.system("approval reminders")
_MOMENTS = 4
"""In so many parts the time before a mail is divided: the mails of one part go together, at most that much later."""


def mail_later(told: Mapping[str, Any]) -> WorkItemSpec:
    """Mail the people of the stage that has just opened in a little while: what is decided at once needs no mail."""
    after = settings.APPROVAL_MAIL_AFTER_SECONDS
    at = moment_after(now() + timedelta(seconds=after), every_seconds=after / _MOMENTS)
    approval = UUID(told["approval_id"])
    return WorkItemSpec(ASK_KIND, approval, run_at=at, dedupe=f"ask:{approval}:{told['stage']}")


def ask(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Mail the people whom the requests wait for, none of whom may have left while they were asked."""
    with unit_of_work(_ACTOR):
        waiting = open_among([item.ref for item in items])
        for request_id in waiting:
            recheck_request(request_id=request_id)
        if waiting:
            tell_approvers(request_ids=waiting)
        finish(items)
    return {}


def remind(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Remind the people of overdue requests."""
    for item in items:
        with unit_of_work(_ACTOR):
            remind_approvers(request_id=item.ref)
            finish([item])
    return {}


def departed(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Have the requests looked at that ask people who may no longer decide."""
    for item in items:
        with unit_of_work(_ACTOR):
            recheck_requests_of(user_id=item.ref)
            finish([item])
    return {}


def recheck(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Take those off the requests who may not decide them any more."""
    for item in items:
        with unit_of_work(_ACTOR):
            recheck_request(request_id=item.ref)
            finish([item])
    return {}
