"""Several decisions on one page: each with all that is decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from apps.approvals.documents import ShownDocument, documents_of_runs
from apps.approvals.evidence import digest, shown_view
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
    documents: Sequence[ShownDocument]
    show_hash: str
    view_hash: str
    is_mine: bool
    standing: str
    step_up: str = ""


def read_review(wanted: Sequence[UUID], actor: Actor) -> list[ReviewLine]:
    """Return the chosen decisions the reader may see (at most 25), the most urgent first: three statements."""
    rows = visible_requests(actor).filter(pk__in=list(wanted)[:MAX_REVIEWED])
    found = rows.prefetch_related(Prefetch("stages", ApprovalStage.objects.order_by("index")))
    documents = documents_of_runs({request.run_id for request in found}, actor)
    return [_line(request, documents[request.run_id], actor) for request in sorted(found, key=_urgency)]


def totals_of(lines: Sequence[ReviewLine]) -> list[Money]:
    """Return what is at stake in those that wait for the reader, by currency; nothing is converted."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.is_mine and line.amount is not None:
            sums[line.amount.currency] = sums.get(line.amount.currency, Decimal()) + line.amount.amount
    return [Money(amount, currency) for currency, amount in sorted(sums.items())]


def _urgency(request: ApprovalRequest) -> tuple[datetime, UUID]:
    moment = urgent_at(
        ItemKind.DECISION,
        since=request.created_at,
        due_at=request.due_at,
        amount=request.amount,
        customer_waits=request.audience == "customer",
    )
    return moment, request.pk


def _line(request: ApprovalRequest, documents: Sequence[ShownDocument], actor: Actor) -> ReviewLine:
    stage = next((row for row in request.stages.all() if row.index == request.stage), None)
    user_id = UUID(actor.user_id) if actor.user_id else None
    is_mine = request.is_open and user_id in request.waiting_for
    left_out = ["amount"] if read_money(request.show.get("amount")) else []
    return ReviewLine(
        id=request.id,
        title=titled(request.title, request.about),
        why=f"You decide as: {stage.name}" if is_mine and stage else "",
        asked_by=request.requested_by_label,
        amount=Money(request.amount, request.currency) if request.amount is not None else None,
        due_at=request.due_at if request.is_open else None,
        since=request.created_at,
        facts=facts_of(request.show, without=left_out),
        documents=documents,
        show_hash=request.show_hash,
        view_hash=digest(shown_view(request, stage, documents)) if stage else "",
        is_mine=is_mine,
        standing="" if is_mine else _standing(request),
        step_up=_step_up(request) if is_mine else "",
    )


def _step_up(request: ApprovalRequest) -> str:
    """Why who decides must confirm that it is him; "" if he need not."""
    stage = next((row for row in request.stages.all() if row.index == request.stage), None)
    return str(stage.rule.get("step_up") or "") if stage else ""


def _standing(request: ApprovalRequest) -> str:
    if request.is_open:
        return "This waits for somebody else."
    return f"This is {request.get_status_display().lower()} already."
