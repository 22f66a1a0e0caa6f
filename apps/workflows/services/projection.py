"""Step rows out of history: what lists, inboxes and diagrams read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.workflows.choices import StepStatus
from apps.workflows.engine.definition import ActionStep, Definition, Step, UserTaskStep
from apps.workflows.engine.history import STEP_CLOSED, STEP_COMPLETED, STEP_SKIPPED, HistoryEvent, step_of
from apps.workflows.engine.state import RunState, Visit
from apps.workflows.models import StepRun

_ENDS = {
    STEP_COMPLETED: StepStatus.COMPLETED,
    STEP_CLOSED: StepStatus.CLOSED,
    STEP_SKIPPED: StepStatus.SKIPPED,
}
INTERNAL = "internal"
_WAITING_ON = {"approval": "approver", "wait": "event", "parallel": "", "choice": ""}
_UPDATED = ["status", "waiting_on", "epoch", "attempt", "ended_at", "due_at"]


def project(run_id: UUID, definition: Definition, state: RunState, events: Iterable[HistoryEvent]) -> None:
    """Write one row for every visit the events touch, as it stands now; one statement."""
    touched: dict[str, HistoryEvent] = {}
    started: dict[str, datetime] = {}
    for event in events:
        if event.visit is not None:
            touched[event.visit] = (
                event if event.kind in _ENDS or event.visit not in touched else touched[event.visit]
            )
            started.setdefault(event.visit, event.at)
    rows = [
        _row(run_id, definition, visit, state.visits.get(visit), last, started[visit])
        for visit, last in touched.items()
    ]
    StepRun.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["run_id", "visit"], update_fields=_UPDATED
    )


def _row(
    run_id: UUID,
    definition: Definition,
    visit_id: str,
    visit: Visit | None,
    last: HistoryEvent,
    started: datetime,
) -> StepRun:
    step = definition.step(step_of(visit_id))
    shown: dict[str, Any] = {
        "run_id": run_id,
        "visit": visit_id,
        "step": step.id,
        "kind": step.kind,
        "name": f"Undo: {step.name}" if visit_id.endswith("~undo") else step.name,
        "audience": step.audience,
        "started_at": started,
    }
    if visit is None:
        status = "skipped" if last.data.get("how") == "skipped" else _ENDS.get(last.kind, StepStatus.CLOSED)
        return StepRun(**shown, status=status, ended_at=last.at)
    return StepRun(
        **shown,
        status=visit.status,
        waiting_on=waiting_on(step, visit),
        epoch=visit.epoch,
        attempt=visit.attempt,
        due_at=visit.due_at(),
    )


def waiting_on(step: Step, visit: Visit) -> str:
    """Say on whom or what an open visit waits, in the words of the timeline."""
    if visit.status == StepStatus.EXCEPTION:
        return "exception owner"
    if visit.status == StepStatus.RETRYING:
        return "next attempt"
    if isinstance(step, UserTaskStep):
        role = step.assignee.get("role")
        return str(role) if isinstance(role, str) and not role.startswith("=") else "assignee"
    if isinstance(step, ActionStep):
        return "platform" if step.connection == INTERNAL else f"system {step.connection}"
    if step.kind == "wait" and step.audience == "customer":
        return "customer"
    return _WAITING_ON.get(step.kind, step.kind)
