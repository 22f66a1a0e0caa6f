"""Mail the people a request waits for: when it opens to them, and again while it is overdue."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.services.opening import REMIND_KIND
from apps.core.clock import now
from apps.core.money import Money
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient

ASK_KIND = "approvals.ask"
REMIND_EVERY = timedelta(days=1)
MAX_REMINDERS = 14


def tell_approvers(*, request_ids: Sequence[UUID]) -> None:
    """Mail those whom the requests wait for, once for each stage; what is decided needs nobody. Needs a unit of work."""
    for request in ApprovalRequest.objects.filter(pk__in=request_ids, status=RequestStatus.OPEN).order_by(
        "id"
    ):
        _mail(request, "approval-requested", dedupe=f"asked:{request.id}:{request.stage}")


def remind_approvers(*, request_id: UUID) -> None:
    """Mail those an overdue request waits for, and come back in a day while it stays open; needs a unit of work."""
    request = ApprovalRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None or not request.is_open:
        return
    request.reminders += 1
    request.save(update_fields=["reminders"])
    record("approval_request.remind", request, after={"reminders": request.reminders})
    _mail(request, "approval-reminder", dedupe=f"remind:{request.id}:{request.reminders}")
    if request.reminders < MAX_REMINDERS:
        enqueue(WorkItemSpec(REMIND_KIND, request.id, run_at=now() + REMIND_EVERY))


def _mail(request: ApprovalRequest, key: str, *, dedupe: str) -> None:
    data = {
        "approval": {
            "id": str(request.id),
            "title": request.title,
            "about": request.about,
            "details": _details(request),
        }
    }
    for user in User.objects.filter(pk__in=request.waiting_for, is_active=True):
        queue_message(
            key=key,
            to=Recipient(email=user.email, name=user.name, user_id=user.id),
            data=data,
            run_id=request.run_id,
            visit=request.visit,
            dedupe=f"{dedupe}:{user.id}",
        )


def _details(request: ApprovalRequest) -> str:
    lines = [f"About: {request.about}"] if request.about else []
    if request.amount is not None:
        lines.append(f"Amount: {_money(Money(request.amount, request.currency))}")
    if request.requested_by_label:
        lines.append(f"Requested by: {request.requested_by_label}")
    if request.due_at is not None:
        lines.append(f"Due: {request.due_at:%d %B %Y, %H:%M} UTC")
    return "\n".join(lines)


def _money(money: Money) -> Any:
    return f"{money.amount:,.2f} {money.currency}"
