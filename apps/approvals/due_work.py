"""The work that the rows of approvals ask for."""

from collections.abc import Iterator
from datetime import timedelta

from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.services.departing import RECHECK_KIND
from apps.approvals.services.opening import REMIND_KIND
from apps.approvals.services.reminding import ASK_KIND, REMIND_EVERY
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec


def due_work() -> Iterator[WorkItemSpec]:
    """People to be told of a request, once for each stage, and who may have left since; reminders."""
    open_requests = ApprovalRequest.objects.filter(status=RequestStatus.OPEN)
    for request, due_at, reminders in open_requests.values_list("id", "due_at", "reminders").iterator():
        yield WorkItemSpec(ASK_KIND, request)
        yield WorkItemSpec(RECHECK_KIND, request)
        if due_at is not None:
            yield WorkItemSpec(
                REMIND_KIND,
                request,
                run_at=max(due_at, now() + (REMIND_EVERY if reminders else timedelta(0))),
            )
