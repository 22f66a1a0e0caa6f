"""Keep what waits for whom true while people go away and come back."""

from collections.abc import Sequence
from uuid import UUID

from apps.accounts.models import User
from apps.approvals.choices import FactKind, RequestStatus
from apps.approvals.delegation import givers_through
from apps.approvals.models import ApprovalRequest, Delegation
from apps.approvals.selectors.delegations import matter_of, read_links, state_of
from apps.approvals.selectors.standing import principals_of
from apps.approvals.services.changing import wait_for_whom_counts
from apps.approvals.services.clocks import plan_clock
from apps.approvals.services.counting import count_of, stages_with_votes
from apps.approvals.services.deciding import lock_request
from apps.approvals.services.facts import note_fact
from apps.core.actor import Actor
from apps.ledger.services import record, unit_of_work
from apps.messaging.services import queue_message
from apps.messaging.types import Recipient


def follow_turn(delegation_id: UUID, actor: Actor) -> None:
    """A delegation has begun, has ended or was called off: have everything that waits for its people wait rightly.

    Works in transactions of its own, a few requests each; bears repeating.
    """
    row = Delegation.objects.select_related("giver", "taker").filter(pk=delegation_id).first()
    if row is None:
        return
    concerned = givers_through(read_links(), str(row.giver_id)) | {str(row.giver_id)}
    if row.taker_id:
        concerned |= {str(row.taker_id)}
    held = refresh_of_people(concerned, actor)
    if state_of(row) == "active" and row.taker is not None:
        with unit_of_work(actor):
            _tell_deputy(row, row.taker, held)


def refresh_of_people(people: frozenset[str], actor: Actor) -> int:
    """Look again at every open request that waits for one of the people; return how many there are."""
    # A member who is away is waited for beside his deputy, so a request is found by either.
    wanted = [UUID(person) for person in people]
    found = ApprovalRequest.objects.filter(status=RequestStatus.OPEN, waiting_for__overlap=wanted)
    ids = list(found.order_by("id").values_list("id", flat=True))
    for request_id in ids:
        with unit_of_work(actor):
            refresh_request(lock_request(request_id))
    return len(ids)


def refresh_request(request: ApprovalRequest) -> bool:
    """Have an open request wait for whose decision counts now; it is locked. Return whether that changed."""
    if not request.is_open:
        return False
    stages = stages_with_votes(request)
    count = count_of(request, stages)
    at = count.stage
    if at is None:
        return False
    principals = principals_of(matter_of(request), count.ballots[at].candidates)
    before = [str(user) for user in request.waiting_for]
    new = wait_for_whom_counts(request, count)
    if before == [str(user) for user in request.waiting_for]:
        return False
    after = {"waiting_for": [str(user) for user in request.waiting_for]}
    record("approval_request.wait", request, before={"waiting_for": before}, after=after)
    acting = [user for user in new if str(user) in principals]
    if acting:
        note_fact(request, stages[at], FactKind.STANDS_IN, people=_named(acting))
    plan_clock(request, stages[at])
    return True


def _tell_deputy(row: Delegation, taker: User, waiting: int) -> None:
    ends = f"{row.ends_at:%d %B %Y}" if row.ends_at else "further notice"
    data = {"absence": {"name": row.giver.label, "until": ends, "waiting": str(waiting)}}
    queue_message(
        key="deputy-begins",
        to=Recipient(email=taker.email, name=taker.name, user_id=taker.pk),
        data=data,
        dedupe=f"deputy:{row.id}",
    )


def _named(users: Sequence[UUID]) -> list[dict[str, str]]:
    return [
        {"id": str(user.pk), "label": user.label}
        for user in User.objects.filter(pk__in=users).order_by("name", "email")
    ]
