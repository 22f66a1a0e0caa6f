"""End a request otherwise than by votes: its time was up, or who asked takes it back. The run goes on from there."""

from uuid import UUID

from apps.approvals import events
from apps.approvals.choices import RequestStatus, StageStatus
from apps.approvals.exceptions import RunMovedOn
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.services.changing import wait_for_whom_counts
from apps.approvals.services.clocks import start_clock
from apps.approvals.services.contacts import tell_outcome
from apps.approvals.services.counting import count_of, stages_with_votes
from apps.approvals.services.telling import request_data
from apps.core.actor import Actor
from apps.core.clock import now
from apps.ledger.services import transition
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.engine.commands import StepError
from apps.workflows.services import complete_step, fail_step

TIMEOUT_RULE = {"name": "timeout", "when": "nobody decided in time"}
"""Stands as the decider of a stage that its policy approves when the time is up."""


def pass_stage(
    request: ApprovalRequest, stages: list[ApprovalStage], stage: ApprovalStage, *, actor: Actor
) -> None:
    """Approve the open stage because its policy says so when the time is up; the next one opens, or the run goes on."""
    stage.decided_by_rule = TIMEOUT_RULE
    stage.save(update_fields=["decided_by_rule"])
    transition(stage, "pass", reason=TIMEOUT_RULE["when"])
    following = next((one for one in stages if one.status == StageStatus.WAITING), None)
    if following is None:
        reason = f"Approved by the policy: {TIMEOUT_RULE['when']}."
        return _end(request, "approve", "approved", actor=actor, reason=reason)
    opened = DomainEvent(events.APPROVAL_STAGE_OPENED, subject_of(request), request_data(request))
    transition(following, "open", event=opened)
    request.stage = following.index
    request.save(update_fields=["stage"])
    wait_for_whom_counts(request, count_of(request, stages_with_votes(request)))
    start_clock(request, following)
    return None


def reject_unanswered(
    request: ApprovalRequest, stages: list[ApprovalStage], *, actor: Actor, reason: str
) -> None:
    """Reject the request because its policy says so when the time is up."""
    for stage in stages:
        if stage.status == StageStatus.OPEN:
            stage.decided_by_rule = TIMEOUT_RULE
            stage.save(update_fields=["decided_by_rule"])
            transition(stage, "reject", reason=TIMEOUT_RULE["when"])
    _close_stages(request)
    _end(request, "reject", "rejected", actor=actor, reason=reason)


def take_back(request: ApprovalRequest, *, actor: Actor, reason: str) -> None:
    """End a request that nobody needs to decide any more; the run goes the way of a rejection, with the reason."""
    _close_stages(request)
    _end(request, "cancel", "recalled", actor=actor, reason=f"Recalled by {actor.label}: {reason}")


def give_up(request: ApprovalRequest, *, actor: Actor, reason: str) -> None:
    """End a request that nobody decided: its step fails, and somebody responsible for the run finds out why."""
    waiting = list(request.waiting_for)
    _close_stages(request)
    event = DomainEvent(events.APPROVAL_CANCELLED, subject_of(request), request_data(request))
    transition(request, "cancel", event=event, reason=reason, fields={"waiting_for": [], "decided_at": now()})
    tell_outcome(request, request.stages.order_by("index"))
    details = {"approval_id": str(request.id), "waited_for": [str(user) for user in waiting]}
    error = StepError("approval_timed_out", f"{reason} Ask again, or decide without them.", details=details)
    moved = fail_step(
        run_id=request.run_id, visit=request.visit, error=error, actor=actor, epoch=request.epoch
    )
    if moved.refused:
        raise RunMovedOn


def _end(request: ApprovalRequest, command: str, outcome: str, *, actor: Actor, reason: str) -> None:
    status = {"approve": RequestStatus.APPROVED, "reject": RequestStatus.REJECTED}.get(command)
    decisions = list(request.decisions.select_related("stage").order_by("id"))
    told = {"outcome": outcome, "decided_by": "policy", "comment": reason}
    name = events.APPROVAL_DECIDED if status else events.APPROVAL_CANCELLED
    event = DomainEvent(name, subject_of(request), request_data(request) | (told if status else {}))
    fields: dict[str, list[UUID] | object] = {"waiting_for": [], "decided_at": now()}
    transition(request, command, event=event, reason=reason, fields=fields, details={"outcome": outcome})
    tell_outcome(request, request.stages.order_by("index"))
    output = {
        "outcome": outcome,
        "approval_id": str(request.id),
        "decided_by": [row.user_label for row in decisions],
        "comment": reason,
        "decisions": [
            {
                "stage": row.stage.name,
                "by": row.user_label,
                "outcome": row.outcome,
                "comment": row.comment,
                "at": row.created_at.isoformat(),
            }
            for row in decisions
        ],
    }
    moved = complete_step(
        run_id=request.run_id, visit=request.visit, output=output, actor=actor, epoch=request.epoch
    )
    if moved.refused:
        raise RunMovedOn


def _close_stages(request: ApprovalRequest) -> None:
    for stage in request.stages.filter(status__in=(StageStatus.OPEN, StageStatus.WAITING)).order_by("index"):
        transition(stage, "close")
