"""Carry out what a vote, or a change of those who vote, means: rows, events, and the run that goes on."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.approvals import events
from apps.approvals.choices import DecisionOutcome, RequestStatus
from apps.approvals.exceptions import RunMovedOn
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.selectors.standing import people_waited_for
from apps.approvals.services.clocks import start_clock
from apps.approvals.services.conditions import open_conditions
from apps.approvals.services.contacts import tell_outcome
from apps.approvals.services.telling import decision_json, request_data
from apps.approvals.voting import Count, Verdict
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.rows import update_row
from apps.ledger.services import record, transition
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.services import complete_step

COMMANDS = {
    RequestStatus.APPROVED: "approve",
    RequestStatus.REJECTED: "reject",
    RequestStatus.CHANGES: "return",
}


def carry_out(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    verdict: Verdict,
    decision: Decision,
    actor: Actor,
) -> None:
    """Write down what the vote did. Stages and decisions of the request must be known. Needs a unit of work."""
    told = {"outcome": decision.outcome, "decided_by": decision.user_label, "comment": decision.comment}
    noted = {
        "decided_by": decision.user_label,
        "outcome": decision.outcome,
        "show_hash": decision.show_hash,
        "decision": str(decision.id),
        "record_hash": decision.record_hash,
    }
    if decision.on_behalf_of:
        told |= {"on_behalf_of": decision.on_behalf_of["label"]}
        noted |= {"on_behalf_of": decision.on_behalf_of["label"]}
    if decision.corrections:
        noted |= {"corrections": decision.corrections}
    move_request(
        request, stages, verdict, actor, told=told, noted=noted, action="vote", comment=decision.comment
    )


def move_request(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    verdict: Verdict,
    actor: Actor,
    *,
    told: Mapping[str, Any],
    noted: Mapping[str, Any],
    action: str,
    comment: str = "",
) -> None:
    """Settle the request or move it to where the verdict says it stands, and its stages with it.

    ``told`` joins the event, ``noted`` the audit entry; ``action`` is what is recorded where nothing is settled yet.
    """
    count = verdict.count
    data = request_data(request)
    settled = count.status != RequestStatus.OPEN
    if settled:
        settled_as = {**data, **told, "outcome": str(count.status)}
        event = DomainEvent(events.APPROVAL_DECIDED, subject_of(request), settled_as)
        fields = {"waiting_for": [], "decided_at": now()}
        transition(
            request, COMMANDS[RequestStatus(count.status)], event=event, fields=fields, details=dict(noted)
        )
    else:
        _move_on(request, count)
        event_type = events.APPROVAL_VOTED if action == "vote" else events.APPROVAL_CHANGED
        event = DomainEvent(event_type, subject_of(request), {**data, **told})
        record(f"approval_request.{action}", request, after=dict(noted), event=event)
    for move in verdict.moves:
        opened = DomainEvent(events.APPROVAL_STAGE_OPENED, subject_of(request), request_data(request))
        transition(stages[move.stage], move.command, event=opened if move.command == "open" else None)
        if move.command == "open":
            start_clock(request, stages[move.stage])
    if settled:
        tell_outcome(request, stages, decider=actor.user_id or "")
        _continue_run(request, comment, actor)


def _move_on(request: ApprovalRequest, count: Count) -> None:
    request.waiting_for = people_waited_for(request, count)
    request.stage = count.stage or 0
    request.version += 1
    update_row(request, {name: getattr(request, name) for name in ("waiting_for", "stage", "version")})


def _continue_run(request: ApprovalRequest, comment: str, actor: Actor) -> None:
    rows = list(request.decisions.all())
    decisions = [decision_json(row) for row in rows]
    output: dict[str, Any] = {
        "outcome": request.status,
        "approval_id": str(request.id),
        "decided_by": [row["by"] for row in decisions],
        "comment": comment,
        "decisions": decisions,
    }
    conditions = _conditions(rows) if request.status == RequestStatus.APPROVED else []
    if conditions:
        output["conditions"] = conditions
    if request.editable:
        output["values"] = {name: request.show[name] for name in request.editable if name in request.show}
    remarks = {name: text for row in rows for name, text in row.remarks.items()}
    if remarks:
        output["remarks"] = remarks
    open_conditions(request, conditions)
    moved = complete_step(
        run_id=request.run_id, visit=request.visit, output=output, actor=actor, epoch=request.epoch
    )
    if moved.refused:
        raise RunMovedOn


def _conditions(rows: Sequence[Decision]) -> list[dict[str, Any]]:
    return [
        condition | {"by": row.user_label}
        for row in rows
        if row.outcome == DecisionOutcome.APPROVED
        for condition in row.conditions
    ]
