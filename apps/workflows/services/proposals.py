"""Proposals of assistants: make one, accept it, reject it. Only a person, or the template's own bound, accepts."""

from typing import Any
from uuid import UUID

from apps.accounts import policies as accounts
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import ProposalStatus, TaskStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.history import step_of
from apps.workflows.engine.kinds.assist import AUTOMATIC
from apps.workflows.engine.step_types import AssistStep
from apps.workflows.models import Proposal, Run, UserTask
from apps.workflows.policies import require_decider
from apps.workflows.services.answers import check_form, close_task
from apps.workflows.services.runs import require_reason
from apps.workflows.services.tasks import withdraw_proposals
from apps.workflows.services.transition import lock_run

MAX_OPEN = 20
"""Open proposals for one step; more would be noise nobody reads."""


def make_proposal(
    *, run_id: UUID, visit: str, output: dict[str, Any], confidence: float, rationale: str, actor: Actor
) -> Proposal:
    """Propose the output of an ``assist`` step that waits for one.

    Where the template accepts automatically and the confidence suffices, the run goes on with it at once. Raises
    UnknownRun, Forbidden, Conflict (``not_asked``, ``too_many_proposals``) and Invalid.
    """
    with unit_of_work(actor):
        run = lock_run(run_id)
        accounts.require(actor, "proposals:write", run)
        task = _open_task(run, visit)
        check_form(task, output)
        if not 0 <= confidence <= 1:
            problem = Problem("/confidence", "Use a number from 0 to 1.", "range")
            raise Invalid("invalid_confidence", "The confidence is not valid.", [problem])
        if task.proposals.filter(status=ProposalStatus.PROPOSED).count() >= MAX_OPEN:
            message = (
                f"{MAX_OPEN} proposals for this step wait already. Let somebody decide about them first."
            )
            raise Conflict("too_many_proposals", message)
        proposal = Proposal.objects.create(
            run=run,
            task=task,
            visit=visit,
            output=output,
            confidence=confidence,
            rationale=rationale,
            proposed_by=actor.to_json(),
        )
        told = DomainEvent(events.PROPOSAL_MADE, f"proposal/{proposal.id}", _data(proposal))
        after = {"run": str(run.id), "visit": visit, "confidence": confidence}
        record("proposal.make", proposal, after=after, event=told)
        if _is_taken_at_once(run, visit, confidence):
            _accept(proposal, task, actor, "The template accepts proposals of this confidence.")
        return proposal


def accept_proposal(*, proposal_id: UUID, actor: Actor, reason: str = "") -> Proposal:
    """Let the run go on with what was proposed. Raises NotFound, Forbidden and Conflict (``proposal_closed``)."""
    with unit_of_work(actor, reason=reason):
        proposal, task = _open_proposal(proposal_id, actor)
        _accept(proposal, task, actor, reason)
        return proposal


def reject_proposal(*, proposal_id: UUID, actor: Actor, reason: str) -> Proposal:
    """Refuse what was proposed; the step still waits. Raises as ``accept_proposal`` does, and Invalid without a reason."""
    require_reason(reason)
    with unit_of_work(actor, reason=reason):
        proposal, _task = _open_proposal(proposal_id, actor)
        _decide(proposal, "reject", events.PROPOSAL_REJECTED, actor, reason)
        return proposal


def _open_task(run: Run, visit: str) -> UserTask:
    open_tasks = UserTask.objects.select_for_update().filter(run=run, visit=visit, status=TaskStatus.OPEN)
    task = open_tasks.filter(is_assisted=True).first()
    if task is None:
        message = "This step does not wait for a proposal: it asks for none, or is over."
        raise Conflict("not_asked", message)
    return task


def _open_proposal(proposal_id: UUID, actor: Actor) -> tuple[Proposal, UserTask]:
    found = Proposal.objects.filter(pk=proposal_id).values_list("run_id", flat=True).first()
    if found is None:
        raise NotFound("not_found", "There is no such proposal.")
    lock_run(found)
    proposal = Proposal.objects.select_for_update().get(pk=proposal_id)
    task = UserTask.objects.select_for_update().get(pk=proposal.task_id)
    require_decider(actor, task)
    if proposal.status != ProposalStatus.PROPOSED:
        how = proposal.get_status_display().lower()
        raise Conflict("proposal_closed", f"This proposal is over already: it was {how}.")
    return proposal, task


def _accept(proposal: Proposal, task: UserTask, actor: Actor, reason: str) -> None:
    _decide(proposal, "accept", events.PROPOSAL_ACCEPTED, actor, reason)
    close_task(task, proposal.output, actor)
    withdraw_proposals(task)


def _decide(proposal: Proposal, command: str, event_type: str, actor: Actor, reason: str) -> None:
    transition(
        proposal,
        command,
        reason=reason,
        fields={"decided_by": actor.label, "decided_at": now(), "reason": reason},
        event=DomainEvent(event_type, f"proposal/{proposal.id}", _data(proposal) | {"reason": reason}),
    )


def _is_taken_at_once(run: Run, visit: str, confidence: float) -> bool:
    step = definition_of(run.template_version).step(step_of(visit))
    return isinstance(step, AssistStep) and step.accept == AUTOMATIC and confidence >= step.min_confidence


def _data(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal_id": str(proposal.id),
        "user_task_id": str(proposal.task_id),
        "run_id": str(proposal.run_id),
        "step": step_of(proposal.visit),
        "confidence": proposal.confidence,
    }
