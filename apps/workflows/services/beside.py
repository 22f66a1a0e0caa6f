"""Tasks that stand beside a run's steps, such as the conditions of an approval: the run goes on without them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.ledger.services import emit, transition
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import TaskStatus
from apps.workflows.models import UserTask
from apps.workflows.services.tasks import DEFAULT_OWNER, task_data

_FORM = {"type": "object", "properties": {"note": {"type": "string", "title": "What was done"}}}


def open_task_beside(
    *,
    run_id: UUID,
    visit: str,
    epoch: int,
    beside: str,
    title: str,
    show: dict[str, Any],
    role: str = "",
    user: str = "",
    due_at: datetime | None = None,
) -> UserTask:
    """Open a task of the run that no step waits for; ``beside`` is what it belongs to, as ``<noun>/<id>``.

    Without ``role`` and ``user`` the delivery managers have it. Needs a unit of work.
    """
    task = UserTask.objects.create(
        run_id=run_id,
        visit=visit,
        epoch=epoch,
        beside=beside,
        title=title[:200],
        form=_FORM,
        show=show,
        assignee_role=role or ("" if user else DEFAULT_OWNER),
        assignee_user=user,
        due_at=due_at,
    )
    emit(DomainEvent(events.USER_TASK_OPENED, f"user_task/{task.id}", task_data(task)))
    return task


def cancel_tasks_beside(run_id: UUID) -> None:
    """Withdraw what is still open beside a run that was cancelled or rolled back. Needs a unit of work."""
    for task in UserTask.objects.filter(run_id=run_id, status=TaskStatus.OPEN).exclude(beside=""):
        transition(task, "cancel")
