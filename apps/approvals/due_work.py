"""The work that the rows of approvals ask for."""

from collections.abc import Iterator

from django.db.models import Q

from apps.approvals.choices import HandOverStatus, PolicyStatus, RequestStatus, StageStatus
from apps.approvals.models import (
    AbsenceFeed,
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalStage,
    Delegation,
    HandOver,
)
from apps.approvals.services.clocks import CLOCK_KIND
from apps.approvals.services.delegations import TURN_KIND
from apps.approvals.services.departing import RECHECK_KIND
from apps.approvals.services.feeds import FEED_KIND
from apps.approvals.services.forecasting import nightly_work
from apps.approvals.services.hand_over import HAND_OVER_KIND
from apps.approvals.services.opening import REMIND_KIND
from apps.approvals.services.reminding import ASK_KIND, time_of_reminder
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec


def due_work() -> Iterator[WorkItemSpec]:
    """People to be told of a request, once for each stage, and who may have left since; reminders."""
    for request in ApprovalRequest.objects.filter(status=RequestStatus.OPEN).iterator():
        yield WorkItemSpec(ASK_KIND, request.id)
        yield WorkItemSpec(RECHECK_KIND, request.id)
        if request.due_at is not None:
            at = time_of_reminder(request) if request.reminders else request.due_at
            yield WorkItemSpec(REMIND_KIND, request.id, run_at=at)


def work_of_absences() -> Iterator[WorkItemSpec]:
    """Delegations that are to begin or to end, and calendars to be read."""
    at = now()
    standing = Delegation.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), withdrawn_at=None)
    for delegation, begins_at, ends_at in standing.values_list("id", "begins_at", "ends_at"):
        yield WorkItemSpec(TURN_KIND, delegation, run_at=max(begins_at, at))
        if ends_at is not None:
            yield WorkItemSpec(TURN_KIND, delegation, run_at=ends_at)
    for feed in AbsenceFeed.objects.exclude(host="").values_list("id", flat=True):
        yield WorkItemSpec(FEED_KIND, feed)


def work_of_time() -> Iterator[WorkItemSpec]:
    """Stages whose next step of escalation is set, hand-overs under way, and the nightly look ahead."""
    waiting = ApprovalStage.objects.filter(status=StageStatus.OPEN, request__status=RequestStatus.OPEN)
    for stage, at in waiting.values_list("id", "next_at"):
        if at is not None:
            yield WorkItemSpec(CLOCK_KIND, stage, run_at=at)
    for row in HandOver.objects.filter(status=HandOverStatus.RUNNING).values_list("id", flat=True):
        yield WorkItemSpec(HAND_OVER_KIND, row, dedupe=f"hand-over:{row}")
    if ApprovalPolicy.objects.filter(status=PolicyStatus.PUBLISHED).exists():
        yield nightly_work()
