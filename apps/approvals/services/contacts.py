"""Tell a customer's people that what they were asked is settled, or that they are not asked any more."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.models import RoleAssignment, User
from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.messaging.models import Message
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient

_CLOSED = "customer-decision-closed"
_ENDED = {
    RequestStatus.APPROVED: "It has been approved.",
    RequestStatus.REJECTED: "It has been rejected.",
    RequestStatus.CHANGES: "It has been sent back for changes.",
    RequestStatus.CANCELLED: "It was withdrawn, so nobody needs to decide it any more.",
}
_RELEASED = "Somebody else decides it now. You need not do anything."


def with_their_place(users: QuerySet[User]) -> QuerySet[User]:
    """Have ``works_here`` know of each user; no further query."""
    return users.annotate(works_here=_works_here())


def works_here(user: User) -> bool:
    """Whether the user works for the tenant: everybody else decides on the status pages."""
    return bool(getattr(user, "works_here", True))


def _works_here() -> Exists:
    return Exists(RoleAssignment.objects.filter(user=OuterRef("pk"), role__in=STAFF_ROLES))


def asked_mark(request: ApprovalRequest, stage: int, user_id: object) -> str:
    """Return what marks the mail that asks a person in a stage."""
    return f"asked:{request.id}:{stage}:{user_id}"


def tell_outcome(request: ApprovalRequest, stages: Iterable[ApprovalStage], *, decider: str = "") -> None:
    """Mail the contacts who had been asked by mail how it ended, but not who decided it just now. Needs a unit of work."""
    marks = [
        asked_mark(request, stage.index, person["id"])
        for stage in stages
        for person in contacts_in(stage.candidates)
        if person["id"] != decider
    ]
    _tell(request, marks, _ENDED[RequestStatus(request.status)], f"closed:{request.id}")


def tell_released(request: ApprovalRequest, stage: ApprovalStage, gone: Sequence[dict[str, Any]]) -> None:
    """Mail contacts whom somebody else was asked instead of. Needs a unit of work."""
    marks = [asked_mark(request, stage.index, person["id"]) for person in contacts_in(gone)]
    _tell(request, marks, _RELEASED, f"released:{request.id}:{stage.index}")


def contacts_in(people: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of the people who are a customer's."""
    return [person for person in people if person.get("contact")]


def _tell(request: ApprovalRequest, marks: Collection[str], words: str, dedupe: str) -> None:
    if not marks:
        return
    told = Message.objects.filter(dedupe__in=marks, user_id__isnull=False).values("user_id")
    people = User.objects.filter(~_works_here(), pk__in=told, is_active=True)
    for user in people.order_by("name", "email"):
        queue_message(
            key=_CLOSED,
            to=Recipient(email=user.email, name=user.name, user_id=user.id),
            data={"approval": {"id": str(request.id), "title": request.title, "outcome": words}},
            run_id=request.run_id,
            visit=request.visit,
            dedupe=f"{dedupe}:{user.id}",
        )
