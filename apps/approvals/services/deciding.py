"""Decide a request: one person, one vote, one transaction with everything that follows from it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from apps.accounts import policies as account_policies
from apps.accounts.choices import STAFF_ROLES
from apps.accounts.presence import presence
from apps.accounts.selectors.people import people_named
from apps.approvals.answers import Answer, Condition, check_answer, corrections_of
from apps.approvals.choices import DecisionChannel, DecisionOutcome
from apps.approvals.evidence import canonical_json, decision_record, digest, with_proof
from apps.approvals.exceptions import CorrectionRefused, ReasonRequired, StaleView, UnknownRequest
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision, StepUpProof
from apps.approvals.policies import is_contact
from apps.approvals.selectors.corrections import changes_since
from apps.approvals.selectors.entitlement import hold_entitlement
from apps.approvals.selectors.shown import shown_to
from apps.approvals.selectors.standing import whose_vote
from apps.approvals.services.correcting import correct_request
from apps.approvals.services.counting import count_of, stages_with_votes
from apps.approvals.services.moving import carry_out
from apps.approvals.services.refusing import corrections_told, refuse
from apps.approvals.services.stepping_up import take_proof
from apps.approvals.types import OnBehalf
from apps.approvals.voting import Count, Refusal, Verdict, Vote, evaluate
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.core.models import know_related
from apps.core.rows import Rows, insert_rows
from apps.ledger.services import unit_of_work

_REQUESTS = Rows(ApprovalRequest)
_DECISIONS = Rows(Decision)
_LOCKED = """
id = %s AND run_id IN (SELECT id FROM workflows_run
                        WHERE id = (SELECT run_id FROM approvals_approvalrequest WHERE id = %s) FOR UPDATE) FOR UPDATE
"""


def decide_request(
    *,
    request_id: UUID,
    actor: Actor,
    outcome: str,
    comment: str = "",
    show_hash: str | None = None,
    view_hash: str | None = None,
    how: str = DecisionChannel.API,
    on_behalf_of: OnBehalf | None = None,
    conditions: Sequence[Condition] = (),
    remarks: Mapping[str, str] | None = None,
    corrections: Mapping[str, Any] | None = None,
    step_up: UUID | None = None,
) -> ApprovalRequest:
    """Record the actor's decision and carry the run on if it settles the request; stages and decisions are known.

    ``show_hash`` is the hash of the values that the decider saw, ``view_hash`` that of all he saw (``shown_view``); None
    skips the check. ``on_behalf_of`` is whose vote it is, if not the actor's own; None: his own if he has one, else that of
    somebody who is away and whose deputy he is. ``step_up`` is the proof that it is him, where the policy asks for one
    (``services.stepping_up``); it is used up with the decision. Raises UnknownRequest, ApprovalClosed, AlreadyDecided,
    StaleView, NotAnApprover, ReasonRequired, CannotAbstain, StepUpRequired, and Invalid for what does not fit what was
    shown.
    """
    answer = Answer(outcome, comment, tuple(conditions), dict(remarks or {}), dict(corrections or {}))
    _require_words(answer)
    with unit_of_work(actor, reason=comment):
        request = lock_request(request_id)
        _require_access(actor, request)
        stages = stages_with_votes(request)
        before = count_of(request, stages)
        user_id = actor.user_id or ""
        on_behalf_of = whose_vote(request, before, user_id, on_behalf_of)
        member = on_behalf_of.id if on_behalf_of else user_id
        verdict = evaluate(before, Vote(user_id, outcome, member))
        if verdict.refusal is not None:
            refuse(request, stages, user_id, member, verdict.refusal, outside=is_contact(actor))
        stage = stages[before.stage or 0]
        shown = _shown(request, stage, actor, show_hash, view_hash)
        if not hold_entitlement(stage, user_id, member):
            refuse(request, stages, user_id, member, Refusal.STRANGER, left=True, outside=is_contact(actor))
        check_answer(answer, request.show, request.editable)
        _check_assignees(answer)
        changes = corrections_of(answer, request.show)
        proof = take_proof(request, stage, actor, step_up)
        decision = _note(request, stage, actor, shown, answer, changes, how, on_behalf_of, proof)
        if changes:
            with corrections_told(outside=is_contact(actor)):
                correct_request(request, stages, before, changes, member=member)
            # With the corrected values it may need what it did not need before.
            proof = proof or take_proof(request, stage, actor, None)
            verdict = _again(count_of(request, stages), Vote(user_id, outcome, member))
        know_related(request, "stages", stages)
        know_related(request, "decisions", _all_decisions(request, stages, decision))
        carry_out(request, stages, verdict, decision, actor)
        return request


def lock_request(request_id: UUID) -> ApprovalRequest:
    """Return the request, locked with its run; raise UnknownRequest. Needs a unit of work."""
    # The run first, as a run that withdraws its requests does: the other order could deadlock with it.
    request = _REQUESTS.first(_LOCKED, [request_id, request_id])
    if request is None:
        raise UnknownRequest
    return request


def _shown(
    request: ApprovalRequest, stage: ApprovalStage, actor: Actor, show_hash: str | None, view_hash: str | None
) -> dict[str, Any]:
    """Return what the actor is shown now; raise StaleView if that is not what he saw."""
    if show_hash is not None and show_hash != request.show_hash:
        raise StaleView(request.show_hash, [] if is_contact(actor) else changes_since(request, show_hash))
    shown = shown_to(request, stage, actor)
    if view_hash is not None and view_hash != digest(shown):
        raise StaleView(request.show_hash)
    return shown


def _again(count: Count, vote: Vote) -> Verdict:
    """The verdict on what was corrected."""
    verdict = evaluate(count, vote)
    if verdict.refusal is not None:
        message = "With these values somebody else has to decide first. Request the change instead."
        raise CorrectionRefused("others_to_ask", message)
    return verdict


def _require_words(answer: Answer) -> None:
    if answer.comment.strip():
        return
    if answer.outcome == DecisionOutcome.REJECTED:
        raise ReasonRequired
    if answer.outcome == DecisionOutcome.CHANGES and not answer.remarks:
        raise ReasonRequired("Say what has to change, as a comment or beside what it is about.")


def _check_assignees(answer: Answer) -> None:
    """Each condition is for a role or a person of ours, or for nobody in particular."""
    people = {condition.user for condition in answer.conditions if condition.user}
    known = {str(user.pk) for user in people_named(people)}
    problems = []
    for number, condition in enumerate(answer.conditions):
        if condition.user and condition.user not in known:
            message = "There is no active person of this id."
            problems.append(
                Problem(f"/conditions/{number}/user", message, "unknown_user", "See /api/v1/users.")
            )
        if condition.role and condition.role not in STAFF_ROLES:
            message = "There is no such role."
            problems.append(
                Problem(f"/conditions/{number}/role", message, "unknown_role", "See /api/v1/roles.")
            )
    if problems:
        raise Invalid("invalid_decision", problems[0].message, problems)


def _require_access(actor: Actor, request: ApprovalRequest) -> None:
    """Who may not even see it learns nothing of it."""
    if not any(account_policies.may(actor, f"approvals:{act}", request) for act in ("read", "decide")):
        raise UnknownRequest
    account_policies.require(actor, "approvals:decide", request)


def _note(
    request: ApprovalRequest,
    stage: ApprovalStage,
    actor: Actor,
    shown: Mapping[str, Any],
    answer: Answer,
    changes: Mapping[str, Any],
    how: str,
    on_behalf_of: OnBehalf | None,
    proof: StepUpProof | None,
) -> Decision:
    decision = Decision(
        request=request,
        stage=stage,
        user_id=UUID(actor.user_id or ""),
        user_label=actor.label,
        actor=actor.to_json(),
        on_behalf_of={"id": on_behalf_of.id, "label": on_behalf_of.label} if on_behalf_of else None,
        outcome=answer.outcome,
        comment=answer.comment,
        conditions=[condition.to_json() for condition in answer.conditions],
        corrections=dict(changes),
        remarks={name: text.strip() for name, text in answer.remarks.items()},
        show_hash=request.show_hash,
        how=how,
    )
    said = {name: getattr(decision, name) for name in ("conditions", "corrections", "remarks")}
    more = {name: value for name, value in said.items() if value}
    came = with_proof(presence().to_json(), proof)
    record = canonical_json(decision_record(decision, stage=stage, shown=shown, presence=came, more=more))
    decision.record, decision.record_hash = record.decode(), sha256(record).hexdigest()
    insert_rows([decision])
    return decision


def _all_decisions(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], decision: Decision
) -> list[Decision]:
    if not any(getattr(stage, "casts", ()) for stage in stages):
        return [decision]
    decisions = _DECISIONS.find("request_id = %s ORDER BY id", [request.pk])
    by_id = {stage.pk: stage for stage in stages}
    for row in decisions:
        row.stage = by_id[row.stage_id]
    return decisions
