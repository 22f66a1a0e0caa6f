"""Mail the people a request waits for: when it opens to them, and again while it is overdue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.approvals.choices import FactKind, RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.policies import ADMINISTRATORS
from apps.approvals.selectors.standing import people_at_work, people_to_tell
from apps.approvals.services.clocks import calendars_of_people
from apps.approvals.services.contacts import with_their_place, works_here
from apps.approvals.services.facts import note_fact
from apps.approvals.services.opening import REMIND_KIND
from apps.core.clock import now
from apps.core.money import Money
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient
from apps.workflows.engine.calendars import add_days

ASK_KIND = "approvals.ask"
_FOR_CONTACTS = {
    "approval-requested": "customer-decision-requested",
    "approval-reminder": "customer-decision-reminder",
}
"""What says the same to a customer's people, with links to the status pages."""
MAX_REMINDERS = 14
RARE_DAYS = 5
"""Working days between reminders after so many."""


def tell_approvers(*, request_ids: Sequence[UUID]) -> None:
    """Mail those whom the requests wait for, once for each stage; what is decided needs nobody. Needs a unit of work."""
    for request in ApprovalRequest.objects.filter(pk__in=request_ids, status=RequestStatus.OPEN).order_by(
        "id"
    ):
        _mail(request, "approval-requested", dedupe=f"asked:{request.id}:{request.stage}")


def tell_newcomers(request: ApprovalRequest) -> None:
    """Have those mailed who are asked now and were not before; needs a unit of work."""
    enqueue(WorkItemSpec(ASK_KIND, request.id))


def remind_approvers(*, request_id: UUID) -> None:
    """Mail those an overdue request waits for, and come back on their next working day; needs a unit of work.

    After MAX_REMINDERS the administrators are told as well, and it comes back once a week: it never goes quiet.
    """
    request = ApprovalRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None or not request.is_open:
        return
    request.reminders += 1
    request.save(update_fields=["reminders"])
    told = mail_reminder(request, f"remind:{request.id}:{request.reminders}")
    stage = request.stages.filter(index=request.stage).first()
    note_fact(
        request, stage, FactKind.REMINDED, people=[{"id": str(one.pk), "label": one.label} for one in told]
    )
    record("approval_request.remind", request, after={"reminders": request.reminders})
    remind_later(request)


def remind_later(request: ApprovalRequest) -> None:
    """Come back on the next working day of who has to act first; needs a unit of work."""
    enqueue(WorkItemSpec(REMIND_KIND, request.id, run_at=time_of_reminder(request)))


def time_of_reminder(request: ApprovalRequest) -> datetime:
    """Return when those who have to act are reminded again."""
    days = 1 if request.reminders < MAX_REMINDERS else RARE_DAYS
    return min(add_days(calendar, now(), days) for calendar in calendars_of_people(people_at_work(request)))


def mail_reminder(request: ApprovalRequest, dedupe: str) -> list[User]:
    """Mail those a request waits for, and the administrators if it has waited for long; return whom."""
    found = _mail(request, "approval-reminder", dedupe=dedupe)
    if request.reminders >= MAX_REMINDERS:
        known = {user.pk for user in found}
        admins = [user for role in sorted(ADMINISTRATORS) for user in users_with_role(role)]
        found += _send(request, "approval-stalled", [one for one in admins if one.pk not in known], dedupe)
    return found


def _mail(request: ApprovalRequest, key: str, *, dedupe: str) -> list[User]:
    people = with_their_place(User.objects.filter(pk__in=people_to_tell(request), is_active=True))
    found = list(people.order_by("name", "email"))
    _send(request, key, [user for user in found if works_here(user)], dedupe)
    _send(request, _FOR_CONTACTS[key], [user for user in found if not works_here(user)], dedupe)
    return found


def _send(request: ApprovalRequest, key: str, people: Sequence[User], dedupe: str) -> list[User]:
    for_contacts = key in _FOR_CONTACTS.values()
    data = {
        "approval": {
            "id": str(request.id),
            "title": request.title,
            "about": request.about,
            "details": _details(request, for_contacts=for_contacts),
        }
    }
    for user in people:
        queue_message(
            key=key,
            to=Recipient(email=user.email, name=user.name, user_id=user.id),
            data=data,
            run_id=request.run_id,
            visit=request.visit,
            dedupe=f"{dedupe}:{user.id}",
        )
    return list(people)


def _details(request: ApprovalRequest, *, for_contacts: bool) -> str:
    lines = [f"About: {request.about}"] if request.about else []
    if request.amount is not None:
        lines.append(f"Amount: {_money(Money(request.amount, request.currency))}")
    if request.requested_by_label and not for_contacts:
        lines.append(f"Requested by: {request.requested_by_label}")
    if request.due_at is not None:
        lines.append(f"Due: {request.due_at:%d %B %Y, %H:%M} UTC")
    return "\n".join(lines)


def _money(money: Money) -> Any:
    return f"{money.amount:,.2f} {money.currency}"
