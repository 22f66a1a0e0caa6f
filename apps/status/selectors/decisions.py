"""What waits for the decision of a customer's people, and what they decided; staff see it as they do."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Case, F, Q, When

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.evidence import digest
from apps.approvals.exceptions import UnknownRequest
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.selectors import requests
from apps.approvals.selectors.requests import Requests
from apps.approvals.selectors.shown import shown_to, stage_of
from apps.approvals.selectors.steps import (
    approval_step,
    changes_since_last,
    definition_followed,
    step_after,
)
from apps.core.actor import Actor
from apps.core.data_words import facts_of, joined, read_money
from apps.core.money import Money
from apps.delivery.choices import Audience
from apps.delivery.models import Document
from apps.delivery.policies import is_customer
from apps.delivery.selectors import list_documents
from apps.delivery.selectors.approvers import colleagues_of
from apps.status.decision_types import DecisionLine, DecisionPage, OtherDecider
from apps.status.decision_words import STATES, after_changes, after_no, after_yes, ended_words
from apps.workflows.engine.kinds.approval import reaction_to_changes
from tenants.context import current_tenant

LISTED = 50
_BEGUN = (StageStatus.OPEN, StageStatus.WAITING, StageStatus.PASSED)
_DID = {
    DecisionOutcome.APPROVED: "approved",
    DecisionOutcome.REJECTED: "rejected",
    DecisionOutcome.CHANGES: "asked for changes",
    DecisionOutcome.ABSTAINED: "abstained",
}


def waiting_decisions(actor: Actor, run_id: UUID | None = None) -> list[DecisionLine]:
    """Return what waits for the actor now, the most urgent first; staff see what waits for customers.

    With ``run_id`` only what that run, or a part of it, asks. One query.
    """
    found = _asking_customers(actor).filter(status=RequestStatus.OPEN)
    if is_customer(actor):
        found = requests.inbox(actor)
    if run_id is not None:
        found = found.filter(Q(run_id=run_id) | Q(run__parent_id=run_id))
    return [_line(row, actor, ()) for row in found[:LISTED]]


def listed_decisions(
    actor: Actor, before: UUID | None = None
) -> tuple[list[DecisionLine], list[DecisionLine], int]:
    """Return what is open, the reader's own first, what is over, the newest first and older than ``before``, and how many
    wait for the reader.
    """
    found = _asking_customers(actor).prefetch_related("decisions")
    mine = list(requests.waiting_for(actor).values_list("pk", flat=True)) if is_customer(actor) else []
    first = Case(When(pk__in=mine, then=0), default=1)
    open_rows = found.filter(status=RequestStatus.OPEN).order_by(
        first, F("due_at").asc(nulls_last=True), "id"
    )
    waiting = [_line(row, actor, row.decisions.all()) for row in open_rows[:LISTED]]
    over = found.exclude(status=RequestStatus.OPEN).order_by("-id")
    if before is not None:
        over = over.filter(pk__lt=before)
    past = [_line(row, actor, row.decisions.all()) for row in over[: LISTED + 1]]
    return waiting, past, len(mine)


def decision_page(request_id: UUID, actor: Actor) -> DecisionPage:
    """Return one decision as the customer sees it; raise UnknownRequest. The number of queries is fixed."""
    request = asked_customer(request_id, actor)
    definition = definition_followed(request)
    step, team = approval_step(request, definition), team_words()
    company = colleagues_of(actor) if is_customer(actor) else _contacts_asked(request)
    stage, amount = stage_of(request), _amount(request)
    may_decide = request.is_open and is_customer(actor) and UUID(actor.user_id or "") in request.waiting_for
    own = [row for row in request.decisions.all() if str(row.user_id) == actor.user_id]
    word, tone = STATES[RequestStatus(request.status)]
    later, later_inside = _later(request, company)
    return DecisionPage(
        request=request,
        amount=amount,
        asked_by=_asked_by(request, company, team),
        word=word if may_decide or not request.is_open else "Waiting for others",
        tone=tone if may_decide or not request.is_open else "info",
        standing=_standing(request, may_decide=may_decide, is_own=bool(own), reads=is_customer(actor)),
        may_decide=may_decide,
        facts=facts_of(request.show, without=["amount"] if read_money(request.show.get("amount")) else []),
        changes=changes_since_last(request, _asking_customers(actor)),
        documents=_documents(request, actor),
        others=_others(request, actor, company, team),
        if_approved=after_yes(
            team,
            step_after(request, definition),
            missing=stage.needed - _approvals_in(request, stage) - 1,
            later=later,
            later_inside=later_inside,
        ),
        if_rejected=after_no(team, step, definition),
        if_changes=after_changes(team, reaction_to_changes(step) if step else None, definition),
        own=own,
        next_id=None if may_decide else _next(request, actor),
        needs_code=may_decide and bool(stage.rule.get("step_up")),
        view_hash=digest(shown_to(request, stage, actor)),
    )


def asked_customer(request_id: UUID, actor: Actor) -> ApprovalRequest:
    """Return a request that asks customers and that the actor may see, with its detail; raise UnknownRequest."""
    request = requests.get_request(actor=actor, request_id=request_id)
    if not is_customer(actor) and not _contacts_asked(request):
        raise UnknownRequest
    return request


def team_words() -> str:
    """Return how the provider's people are called, who are not named."""
    return f"the team of {current_tenant().name}"


def _asking_customers(actor: Actor) -> Requests:
    found = requests.visible_requests(actor)
    if is_customer(actor):
        return found
    asking = ApprovalStage.objects.filter(candidates__contains=[{"contact": True}])
    return found.filter(pk__in=asking.values("request_id"))


def _line(row: ApprovalRequest, actor: Actor, decisions: Collection[Decision]) -> DecisionLine:
    word, tone = STATES[RequestStatus(row.status)]
    own = [_DID[DecisionOutcome(one.outcome)] for one in decisions if str(one.user_id) == actor.user_id]
    is_mine = row.is_open and bool(actor.user_id) and UUID(actor.user_id or "") in row.waiting_for
    waits_for_others = row.is_open and not is_mine
    return DecisionLine(
        id=row.id,
        title=str(row),
        amount=_amount(row),
        since=row.created_at,
        due_at=row.due_at,
        decided_at=row.decided_at,
        word="Waiting for others" if waits_for_others else "Waits for you" if row.is_open else word,
        tone="info" if waits_for_others else tone,
        own=joined(own),
        is_mine=is_mine,
    )


def _amount(row: ApprovalRequest) -> Money | None:
    return Money(row.amount, row.currency) if row.amount is not None else None


def _contacts_asked(request: ApprovalRequest) -> frozenset[str]:
    people = (person for stage in request.stages.all() for person in stage.candidates)
    return frozenset(str(person["id"]) for person in people if person.get("contact"))


def _asked_by(request: ApprovalRequest, company: Collection[str], team: str) -> str:
    """The asker by name where he is of the same company, or where the step is meant for customers."""
    named = request.requested_by_id in company or request.audience == Audience.CUSTOMER
    return request.requested_by_label if named and request.requested_by_label else team


def _standing(request: ApprovalRequest, *, may_decide: bool, is_own: bool, reads: bool) -> str:
    if not request.is_open:
        return ended_words(request)
    if may_decide:
        return "Your decision is needed. Nothing is decided before you press a button."
    if not reads:
        return "The customer’s own people decide this here."
    return "You have decided your part; others are still asked." if is_own else "Others decide this now."


def _others(
    request: ApprovalRequest, actor: Actor, company: Collection[str], team: str
) -> Sequence[OtherDecider]:
    """Who decides besides the reader: his own people by name, ours as a team unless the step is meant for customers."""
    did = {str(row.user_id): _DID[DecisionOutcome(row.outcome)] for row in request.decisions.all()}
    found: dict[str, OtherDecider] = {}
    for stage in (row for row in request.stages.all() if row.status in _BEGUN or not request.is_open):
        for person in stage.candidates:
            user_id, is_ours = str(person["id"]), not person.get("contact")
            if user_id == actor.user_id:
                continue
            if user_id in company or (is_ours and request.audience == Audience.CUSTOMER):
                waits = "not yet" if request.is_open else "did not decide"
                found[user_id] = OtherDecider(str(person["label"]), did.get(user_id, waits))
            elif is_ours:
                found["team"] = OtherDecider(team, "")
            else:
                found["elsewhere"] = OtherDecider("people of another company", "")
    return list(found.values())


def _later(request: ApprovalRequest, company: Collection[str]) -> tuple[list[str], bool]:
    """The reader's own people whom later stages ask, and whether those ask others."""
    waiting = [row for row in request.stages.all() if row.status == StageStatus.WAITING]
    people = [person for stage in waiting for person in stage.candidates]
    named = [str(person["label"]) for person in people if str(person["id"]) in company]
    return named, len(named) < len(people)


def _approvals_in(request: ApprovalRequest, stage: ApprovalStage) -> int:
    return sum(row.stage_id == stage.id and row.outcome == "approved" for row in request.decisions.all())


def _documents(request: ApprovalRequest, actor: Actor) -> list[Document]:
    rows = list_documents(actor).filter(requirement__deal__run_id=request.run_id)
    return list(rows.filter(requirement__audience=Audience.CUSTOMER).order_by("id"))


def _next(request: ApprovalRequest, actor: Actor) -> UUID | None:
    if not is_customer(actor):
        return None
    return requests.inbox(actor).exclude(pk=request.pk).values_list("pk", flat=True).first()
