"""User tasks: open them for a run, close them, and the rows behind them."""

from datetime import datetime
from typing import Any

from apps.core.clock import now
from apps.ledger.services import record, transition
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import ProposalStatus, TaskStatus
from apps.workflows.engine.effects import OpenAssist, OpenUserTask
from apps.workflows.models import UserTask
from apps.workflows.steps import RunContext

DEFAULT_OWNER = "delivery_manager"


def open_task(context: RunContext, effect: OpenUserTask) -> UserTask:
    """Make the task's row; part of the run's transition."""
    return UserTask.objects.create(
        run_id=context.run_id,
        visit=effect.visit,
        epoch=effect.epoch,
        title=effect.name,
        form=effect.form,
        show=effect.show,
        prefill=effect.prefill,
        assignee_role=str(effect.assignee.get("role") or ""),
        assignee_user=str(effect.assignee.get("user") or ""),
        audience=effect.audience,
        due_at=effect.due_at,
    )


def open_assisted_task(context: RunContext, effect: OpenAssist) -> UserTask:
    """Make the row of a task an assistant may propose an answer to; part of the run's transition.

    It waits for the role that accepts proposals, whose people may as well fill it in themselves.
    """
    return UserTask.objects.create(
        run_id=context.run_id,
        visit=effect.visit,
        epoch=effect.epoch,
        title=effect.name,
        form=effect.output,
        show={"purpose": effect.purpose, **effect.input},
        is_assisted=True,
        assignee_role=effect.approve_by or DEFAULT_OWNER,
        audience=effect.audience,
        due_at=effect.due_at,
    )


def cancel_tasks(context: RunContext, visit: str) -> None:
    """Withdraw the visit's open task; part of the run's transition."""
    for task in UserTask.objects.filter(run_id=context.run_id, visit=visit, status=TaskStatus.OPEN):
        transition(task, "cancel")
        withdraw_proposals(task)


def reassign_tasks(context: RunContext, visit: str, assignee: dict[str, Any]) -> None:
    """Give the visit's open task to another role or person; part of the run's transition."""
    for task in UserTask.objects.filter(run_id=context.run_id, visit=visit, status=TaskStatus.OPEN):
        before = {"assignee_role": task.assignee_role, "assignee_user": task.assignee_user}
        task.assignee_role = str(assignee.get("role") or "")
        task.assignee_user = str(assignee.get("user") or "")
        task.version += 1
        task.save(update_fields=["assignee_role", "assignee_user", "version"])
        after = {"assignee_role": task.assignee_role, "assignee_user": task.assignee_user}
        told = DomainEvent(events.USER_TASK_REASSIGNED, f"user_task/{task.id}", task_data(task))
        record("user_task.reassign", task, before=before, after=after, event=told)


def move_due(context: RunContext, visit: str, due_at: datetime | None) -> None:
    """Have the visit's open task due at another time; part of the run's transition."""
    for task in UserTask.objects.filter(run_id=context.run_id, visit=visit, status=TaskStatus.OPEN):
        before = task.due_at
        task.due_at = due_at
        task.save(update_fields=["due_at"])
        moved = {"due_at": due_at.isoformat() if due_at else None}
        record(
            "user_task.move_due", task, before={"due_at": before.isoformat() if before else None}, after=moved
        )


def withdraw_proposals(task: UserTask) -> None:
    """Nobody needs the task's open proposals any more; part of what closes the task."""
    if not task.is_assisted:
        return
    for proposal in task.proposals.select_for_update().filter(status=ProposalStatus.PROPOSED):
        transition(proposal, "withdraw", fields={"decided_at": now()})


def task_data(task: UserTask) -> dict[str, Any]:
    """Return what events tell of a task."""
    return {
        "user_task_id": str(task.id),
        "run_id": str(task.run_id),
        "title": task.title,
        "assignee_role": task.assignee_role,
        "due_at": task.due_at.isoformat() if task.due_at else "",
    }
