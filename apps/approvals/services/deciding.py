"""Decide a request: one person, one vote, one transaction with everything that follows from it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from apps.accounts import policies as account_policies
from apps.accounts.presence import presence
from apps.approvals import events
from apps.approvals.choices import DecisionChannel, DecisionOutcome, RequestStatus
from apps.approvals.evidence import canonical_json, decision_record, digest
from apps.approvals.exceptions import (
    AlreadyDecided,
    ApprovalClosed,
    NotAnApprover,
    ReasonRequired,
    RunMovedOn,
    StaleView,
    UnknownRequest,
)
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.selectors.shown import shown_to
from apps.approvals.services.counting import count_of, stages_with_votes
from apps.approvals.services.telling import request_data
from apps.approvals.voting import Count, Refusal, Verdict, Vote, eligible, evaluate
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.models import know_related
from apps.core.rows import Rows
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.services import complete_step

_REQUESTS = Rows(ApprovalRequest)
_LOCKED = """
id = %s AND run_id IN (SELECT id FROM workflows_run
                        WHERE id = (SELECT run_id FROM approvals_approvalrequest WHERE id = %s) FOR UPDATE) FOR UPDATE
"""
_COMMANDS = {RequestStatus.APPROVED: "approve", RequestStatus.REJECTED: "reject"}


def decide_request(
    *,
    request_id: UUID,
    actor: Actor,
    outcome: str,
    comment: str = "",
    show_hash: str | None = None,
    view_hash: str | None = None,
    how: str = DecisionChannel.API,
) -> ApprovalRequest:
    """Record the actor's decision and carry the run on if it settles the request; stages and decisions are known.

    ``show_hash`` is the hash of the values that the decider saw, ``view_hash`` that of all he saw (``shown_view``); None
    skips the check. A rejection needs a comment.
    Raises UnknownRequest, ApprovalClosed, AlreadyDecided, StaleView, NotAnApprover, ReasonRequired.
    """
    if outcome == DecisionOutcome.REJECTED and not comment.strip():
        raise ReasonRequired
    with unit_of_work(actor, reason=comment):
        request = _lock(request_id)
        account_policies.require(actor, "approvals:decide", request)
        stages = stages_with_votes(request)
        before = count_of(request, stages)
        user_id = actor.user_id or ""
        verdict = evaluate(before, Vote(user_id, outcome))
        if verdict.refusal is not None:
            _refuse(request, stages, user_id, verdict.refusal)
        if show_hash is not None and show_hash != request.show_hash:
            raise StaleView(request.show_hash)
        stage = stages[before.stage or 0]
        shown = shown_to(request, stage, actor)
        if view_hash is not None and view_hash != digest(shown):
            raise StaleView(request.show_hash)
        decision = _note(request, stage, actor, shown, outcome=outcome, comment=comment, how=how)
        know_related(request, "stages", stages)
        know_related(request, "decisions", _all_decisions(request, stages, decision))
        _apply(request, stages, verdict, decision, actor)
        return request


def _lock(request_id: UUID) -> ApprovalRequest:
    # The run first, as a run that withdraws its requests does: the other order could deadlock with it.
    request = _REQUESTS.first(_LOCKED, [request_id, request_id])
    if request is None:
        raise UnknownRequest
    return request


def _note(
    request: ApprovalRequest,
    stage: ApprovalStage,
    actor: Actor,
    shown: Mapping[str, Any],
    *,
    outcome: str,
    comment: str,
    how: str,
) -> Decision:
    decision = Decision(
        request=request,
        stage=stage,
        user_id=UUID(actor.user_id or ""),
        user_label=actor.label,
        actor=actor.to_json(),
        outcome=outcome,
        comment=comment,
        show_hash=request.show_hash,
        how=how,
    )
    record = canonical_json(
        decision_record(decision, stage=stage, shown=shown, presence=presence().to_json())
    )
    decision.record, decision.record_hash = record.decode(), sha256(record).hexdigest()
    decision.save(force_insert=True)
    return decision


def _all_decisions(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], decision: Decision
) -> list[Decision]:
    if any(getattr(stage, "votes", 0) for stage in stages):
        return list(request.decisions.select_related("stage").order_by("id"))
    return [decision]


def _apply(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    verdict: Verdict,
    decision: Decision,
    actor: Actor,
) -> None:
    count = verdict.count
    told = request_data(request) | {
        "outcome": decision.outcome,
        "decided_by": decision.user_label,
        "comment": decision.comment,
    }
    noted = {
        "decided_by": decision.user_label,
        "outcome": decision.outcome,
        "show_hash": decision.show_hash,
        "decision": str(decision.id),
        "record_hash": decision.record_hash,
    }
    settled = count.status != RequestStatus.OPEN
    if settled:
        event = DomainEvent(events.APPROVAL_DECIDED, subject_of(request), told)
        fields = {"waiting_for": [], "decided_at": now()}
        transition(request, _COMMANDS[RequestStatus(count.status)], event=event, fields=fields, details=noted)
    else:
        _move_on(request, count)
        event = DomainEvent(events.APPROVAL_VOTED, subject_of(request), told)
        record("approval_request.vote", request, after=noted, event=event)
    for move in verdict.moves:
        opened = DomainEvent(events.APPROVAL_STAGE_OPENED, subject_of(request), request_data(request))
        transition(stages[move.stage], move.command, event=opened if move.command == "open" else None)
    if settled:
        _continue_run(request, decision, actor)


def _move_on(request: ApprovalRequest, count: Count) -> None:
    request.waiting_for = sorted(UUID(user) for user in eligible(count))
    request.stage = count.stage or 0
    request.version += 1
    request.save(update_fields=["waiting_for", "stage", "version"])


def _continue_run(request: ApprovalRequest, decision: Decision, actor: Actor) -> None:
    decisions = [_decision_json(row) for row in request.decisions.all()]
    output = {
        "outcome": request.status,
        "approval_id": str(request.id),
        "decided_by": [row["by"] for row in decisions],
        "comment": decision.comment,
        "decisions": decisions,
    }
    moved = complete_step(
        run_id=request.run_id,
        visit=request.visit,
        output=output,
        actor=actor,
        epoch=request.epoch,
    )
    if moved.refused:
        raise RunMovedOn


def _decision_json(decision: Decision) -> dict[str, str]:
    return {
        "stage": decision.stage.name,
        "by": decision.user_label,
        "outcome": decision.outcome,
        "comment": decision.comment,
        "at": decision.created_at.isoformat(),
    }


def _refuse(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], user_id: str, refusal: Refusal
) -> None:
    if refusal is Refusal.CLOSED:
        at = request.decided_at or request.created_at
        decisions = [_decision_json(row) for row in request.decisions.select_related("stage")]
        raise ApprovalClosed(str(request.status), at.isoformat(timespec="seconds"), decisions)
    if refusal is Refusal.ALREADY:
        held = request.decisions.filter(user_id=user_id).latest("id")
        raise AlreadyDecided(held.outcome, held.created_at.isoformat(timespec="seconds"))
    raise NotAnApprover(*_why_not(request, stages, user_id, refusal))


def _why_not(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], user_id: str, refusal: Refusal
) -> tuple[str, str]:
    if refusal is Refusal.REQUESTER or (user_id and user_id == request.requested_by_id):
        return "own_request", "You asked for this, so somebody else has to decide it."
    if refusal is Refusal.TWICE:
        return (
            "approved_before",
            "You approved an earlier stage of this; somebody else has to decide this one.",
        )
    if refusal is Refusal.RESERVED:
        return "needed_later", "A later stage needs your decision; somebody else has to decide this one."
    names = ", ".join(person["label"] for person in stages[request.stage].candidates)
    return "not_an_approver", f"This waits for a decision of {names}."
