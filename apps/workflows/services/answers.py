"""Answers to what the engine asked for: work done, work failed, tasks filled in."""

from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.ledger.services import transition as ledger_transition
from apps.ledger.services import unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import TaskStatus
from apps.workflows.engine.commands import CompleteStep, FailStep, StepError
from apps.workflows.engine.schemas import value_problems
from apps.workflows.models import UserTask
from apps.workflows.policies import require_assignee
from apps.workflows.services.tasks import task_data, withdraw_proposals
from apps.workflows.services.transition import Transition, lock_run, perform


def complete_step(
    *,
    run_id: UUID,
    visit: str,
    output: dict[str, Any],
    actor: Actor,
    epoch: int | None = None,
    attempt: int | None = None,
) -> Transition:
    """Tell a run that a visit's work is done. A late or repeated answer changes nothing (``refused`` is set)."""
    with unit_of_work(actor):
        command = CompleteStep(visit, output, actor=actor.to_json(), epoch=epoch, attempt=attempt)
        return perform(lock_run(run_id), [command])


def fail_step(
    *,
    run_id: UUID,
    visit: str,
    error: StepError,
    actor: Actor,
    epoch: int | None = None,
    attempt: int | None = None,
) -> Transition:
    """Tell a run that a visit's work failed; the step's own policy says what follows."""
    with unit_of_work(actor):
        command = FailStep(visit, error, actor=actor.to_json(), epoch=epoch, attempt=attempt)
        return perform(lock_run(run_id), [command])


def complete_user_task(*, task_id: UUID, output: dict[str, Any], actor: Actor) -> UserTask:
    """Complete a task with the form's data.

    Raises NotFound, Forbidden, Conflict (``task_closed``) and Invalid with a pointer for each field that is wrong.
    """
    with unit_of_work(actor):
        task = UserTask.objects.select_for_update().filter(pk=task_id).first()
        if task is None:
            raise NotFound("not_found", "There is no such task.")
        require_assignee(actor, task)
        if task.status != TaskStatus.OPEN:
            who = task.completed_by or "the workflow"
            raise Conflict("task_closed", f"This task was closed by {who}.")
        check_form(task, output)
        close_task(task, output, actor)
        withdraw_proposals(task)
        return task


def close_task(task: UserTask, output: dict[str, Any], actor: Actor) -> None:
    """Note the answer and move the run on, if a step waits for the task.

    Part of the caller's unit of work, which holds the task's lock.
    """
    ledger_transition(
        task,
        "complete",
        fields={"output": output, "completed_by": actor.label, "completed_at": now()},
        event=DomainEvent(events.USER_TASK_COMPLETED, f"user_task/{task.id}", task_data(task)),
    )
    if task.beside:
        return
    complete_step(run_id=task.run_id, visit=task.visit, output=output, actor=actor, epoch=task.epoch)


def check_form(task: UserTask, output: dict[str, Any]) -> None:
    """Raise Invalid, with a pointer for each field, when the answer does not fit the task's form."""
    found = value_problems(task.form, output) if task.form else []
    if found:
        problems = [Problem(_pointer(problem.path), problem.message, problem.code) for problem in found]
        raise Invalid("invalid_form", "Some fields are missing or not valid.", problems)


def _pointer(path: str) -> str:
    """Return the JSON pointer of a path such as ``rows[2].name``."""
    return "".join(f"/{part}" for part in path.replace("[", ".").replace("]", "").split(".") if part)
