"""Several decisions on one page: each with all that is decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.selectors.requests import visible_requests
from apps.core.actor import Actor
from apps.core.money import Money
from apps.inbox.choices import ItemKind
from apps.inbox.ranking import urgent_at
from apps.portal.wording import facts_of, read_money, titled

MAX_REVIEWED = 25
"""So many fit a page that a person really looks through; the rest waits in the list."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One decision: what is asked with everything shown, whether it waits for the reader, and else how it stands."""

    id: UUID
    title: str
    why: str
    asked_by: str
    amount: Money | None
    due_at: datetime | None
    since: datetime
    facts: Sequence[tuple[str, SafeString]]
    show_hash: str
    is_mine: bool
    standing: str


def read_review(wanted: Sequence[UUID], actor: Actor) -> list[ReviewLine]:
    """Return the chosen decisions the reader may see (at most 25), the most urgent first: two statements."""
    rows = visible_requests(actor).filter(pk__in=list(wanted)[:MAX_REVIEWED])
    found = rows.prefetch_related(Prefetch("stages", ApprovalStage.objects.order_by("index")))
    return [_line(request, actor) for request in sorted(found, key=_urgency)]


def _urgency(request: ApprovalRequest) -> tuple[datetime, UUID]:
    moment = urgent_at(
        ItemKind.DECISION,
        since=request.created_at,
        due_at=request.due_at,
        amount=request.amount,
        customer_waits=request.audience == "customer",
    )
    return moment, request.pk


def _line(request: ApprovalRequest, actor: Actor) -> ReviewLine:
    stage = next((row.name for row in request.stages.all() if row.index == request.stage), "")
    user_id = UUID(actor.user_id) if actor.user_id else None
    is_mine = request.is_open and user_id in request.waiting_for
    left_out = ["amount"] if read_money(request.show.get("amount")) else []
    return ReviewLine(
        id=request.id,
        title=titled(request.title, request.about),
        why=f"You decide as: {stage}" if is_mine and stage else "",
        asked_by=request.requested_by_label,
        amount=Money(request.amount, request.currency) if request.amount is not None else None,
        due_at=request.due_at if request.is_open else None,
        since=request.created_at,
        facts=facts_of(request.show, without=left_out),
        show_hash=request.show_hash,
        is_mine=is_mine,
        standing="" if is_mine else _standing(request),
    )


def _standing(request: ApprovalRequest) -> str:
    if request.is_open:
        return "This waits for somebody else."
    return f"This is {request.get_status_display().lower()} already."
