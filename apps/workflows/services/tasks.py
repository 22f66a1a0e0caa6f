"""User tasks: open them for a run, close them, and the rows behind them."""

from typing import Any

from apps.ledger.services import transition
from apps.workflows.choices import TaskStatus
from apps.workflows.engine.effects import OpenUserTask
from apps.workflows.models import UserTask
from apps.workflows.steps import RunContext


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


def cancel_tasks(context: RunContext, visit: str) -> None:
    """Withdraw the visit's open task; part of the run's transition."""
    for task in UserTask.objects.filter(run_id=context.run_id, visit=visit, status=TaskStatus.OPEN):
        transition(task, "cancel")


def task_data(task: UserTask) -> dict[str, Any]:
    """Return what events tell of a task."""
    return {
        "user_task_id": str(task.id),
        "run_id": str(task.run_id),
        "title": task.title,
        "assignee_role": task.assignee_role,
        "due_at": task.due_at.isoformat() if task.due_at else "",
    }
