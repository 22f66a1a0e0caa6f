"""Step rows out of history: what lists, inboxes and diagrams read."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.workflows.choices import StepStatus
from apps.workflows.engine.definition import ActionStep, Definition, Step, UserTaskStep
from apps.workflows.engine.history import (
    LATE_OUTCOME,
    OUTCOME_AWAITED,
    ROLLBACK_STARTED,
    RUN_MIGRATED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_SKIPPED,
    HistoryEvent,
    step_of,
)
from apps.workflows.engine.state import RunState, Visit
from apps.workflows.services.writing import Row, describe_rows, rename_rows

_ENDS = {
    STEP_COMPLETED: StepStatus.COMPLETED,
    STEP_CLOSED: StepStatus.CLOSED,
    STEP_SKIPPED: StepStatus.SKIPPED,
}
_LATE = (OUTCOME_AWAITED, LATE_OUTCOME)
"""Facts about a visit after its end, or beside it: its row stands as it did."""
INTERNAL = "internal"
UNDO_PREFIX = "Undo: "
_WAITING_ON = {
    "approval": "approver",
    "wait": "event",
    "parallel": "",
    "choice": "",
    "for_each": "",
    "assist": "assistant",
    "subflow": "child run",
}


def project(
    definition: Definition,
    state: RunState,
    events: Iterable[HistoryEvent],
    former: Definition | None = None,
) -> list[Row]:
    """Return one row for every visit the events touch, as it stands now.

    ``former`` is the version the run has just left; steps only it has are named by it.
    """
    touched: dict[str, HistoryEvent] = {}
    started: dict[str, datetime] = {}
    for event in events:
        if event.visit is not None and event.kind not in _LATE:
            touched[event.visit] = (
                event if event.kind in _ENDS or event.visit not in touched else touched[event.visit]
            )
            started.setdefault(event.visit, event.at)
        elif event.kind == ROLLBACK_STARTED:
            # What is still under way goes on as draining, without a fact of its own.
            for draining in state.visits:
                touched.setdefault(draining, event)
                started.setdefault(draining, event.at)
    rows = []
    for key, last in touched.items():
        visit = state.visits.get(key)
        step = _step_of(visit.step if visit else step_of(key), definition, former)
        rows.append(_row(step, key, visit, last, started[key]))
    return rows


def rename_steps(
    run_id: UUID, definition: Definition, state: RunState, events: Iterable[HistoryEvent]
) -> None:
    """Have the rows of a migrated run's steps stand at the steps of its new version; the open ones get their words."""
    names = {
        old: new for event in events if event.kind == RUN_MIGRATED for old, new in event.data["steps"].items()
    }
    if names:
        rename_rows(run_id, names)
    standing = (definition.places.get(visit.step) for visit in state.visits.values())
    describe_rows(run_id, {place.step.id: place.step for place in standing if place})


def _step_of(step_id: str, definition: Definition, former: Definition | None) -> Step:
    """The step; what only an earlier version knew is in its row already, so its id will do."""
    for version in (definition, former):
        if version is not None and step_id in version.places:
            return version.step(step_id)
    return Step(kind="", id=step_id, name=step_id)


def _row(step: Step, visit_id: str, visit: Visit | None, last: HistoryEvent, started: datetime) -> Row:
    name = f"{UNDO_PREFIX}{step.name}" if visit_id.endswith("~undo") else step.name
    item = visit.scope if visit is not None else last.data.get("scope", "")
    if item:
        name = f"{name} ({int(item.rpartition('/')[2]) + 1})"
    row: Row = {
        "visit": visit_id,
        "step": step.id,
        "kind": step.kind,
        "name": name,
        "audience": step.audience,
        "status": "skipped" if last.data.get("how") == "skipped" else _ENDS.get(last.kind, StepStatus.CLOSED),
        "waiting_on": "",
        "epoch": 1,
        "attempt": 1,
        "started_at": started.isoformat(),
        "ended_at": last.at.isoformat(),
        "due_at": None,
    }
    if visit is not None:
        due_at = visit.due_at()
        row |= {
            "status": visit.status,
            "waiting_on": waiting_on(step, visit),
            "epoch": visit.epoch,
            "attempt": visit.attempt,
            "ended_at": None,
            "due_at": due_at.isoformat() if due_at else None,
        }
    return row


def waiting_on(step: Step, visit: Visit) -> str:
    """Say on whom or what an open visit waits, in the words of the timeline."""
    if visit.status == StepStatus.EXCEPTION:
        return "exception owner"
    if visit.status == StepStatus.RETRYING:
        return "next attempt"
    if isinstance(step, UserTaskStep):
        role = visit.work.get("assignee", step.assignee).get("role")
        return str(role) if isinstance(role, str) and not role.startswith("=") else "assignee"
    if isinstance(step, ActionStep):
        return "platform" if step.connection == INTERNAL else f"system {step.connection}"
    if step.kind == "wait" and step.audience == "customer":
        return "customer"
    return _WAITING_ON.get(step.kind, step.kind)
