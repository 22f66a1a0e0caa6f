"""What was approved under conditions, and how far they are met."""

from collections.abc import Collection
from uuid import UUID

from apps.approvals.models import ApprovalRequest
from apps.workflows.choices import TaskStatus
from apps.workflows.models import UserTask


def beside_of(request: ApprovalRequest) -> str:
    """Return what the tasks of the request's conditions belong to."""
    return f"approval_request/{request.pk}"


def conditions_of(request: ApprovalRequest) -> list[UserTask]:
    """Return the tasks of the request's conditions, in order; one query, none where no decision has conditions."""
    if request.is_open or not any(decision.conditions for decision in request.decisions.all()):
        return []
    return list(UserTask.objects.filter(beside=beside_of(request)).order_by("visit", "id"))


def open_conditions_among(requests: Collection[ApprovalRequest]) -> dict[UUID, int]:
    """Return how many conditions of each request are not met yet; one query."""
    named = {beside_of(request): request.pk for request in requests if not request.is_open}
    counts: dict[UUID, int] = {}
    if named:
        rows = UserTask.objects.filter(beside__in=named, status=TaskStatus.OPEN)
        for beside in rows.values_list("beside", flat=True):
            counts[named[beside]] = counts.get(named[beside], 0) + 1
    return counts
