"""What the outside answers: work done or failed, facts, events, and timers that come due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine import rollback
from apps.workflows.engine.commands import CompleteStep, FailStep, StepError
from apps.workflows.engine.control import apply_result, complete, fail, open_again, timed_out
from apps.workflows.engine.effects import NoteOverdue, NoteRunOverdue
from apps.workflows.engine.ending import finish
from apps.workflows.engine.history import RUN_OVERDUE, STEP_OVERDUE, STEP_PROGRESSED
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.results import Done, Result
from apps.workflows.engine.settling import DEADLINE_TIMER
from apps.workflows.engine.state import DRAINING, Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
LATE = "The run did not end within its deadline."


def answered(turn: Turn, visit: Visit, command: CompleteStep | FailStep) -> str:
    """The work asked for was done, or failed."""
    return _stale(visit, command) or _answered(turn, visit, command)


def event_received(turn: Turn, visit: Visit, event: Json) -> str:
    """An event has come for the visit."""
    if "awaits" not in visit.work:
        return "not_waiting"
    return ask_kind(turn, visit, "event_received", event)


def _stale(visit: Visit, command: CompleteStep | FailStep) -> str:
    is_current = command.epoch in (None, visit.epoch) and command.attempt in (None, visit.attempt)
    return "" if is_current else "stale"


def _answered(turn: Turn, visit: Visit, command: CompleteStep | FailStep) -> str:
    pending = visit.work.get("pending")
    failed = isinstance(command, FailStep)
    if visit.status == DRAINING:
        return _drained(turn, visit, command)
    if pending is None or (pending == "query" and not failed):
        return "not_waiting"
    if visit.is_undo:
        if isinstance(command, FailStep):
            rollback.undo_failed(turn, visit, command.error)
        else:
            rollback.undone(turn, visit, command.output)
        return ""
    step = turn.definition.step(visit.step)
    if isinstance(command, FailStep):
        fail(turn, step, visit.id, command.error)
        return ""
    result = KINDS[step.kind].completed(turn, step, visit, command.output)
    if isinstance(result, Done):
        return _complete(turn, visit, result, command.actor)
    return apply_result(turn, step, visit.id, result)


def _drained(turn: Turn, visit: Visit, command: CompleteStep | FailStep) -> str:
    if isinstance(command, FailStep):
        rollback.withdrawn(turn, visit, command.error)
    else:
        rollback.drained(turn, visit, command.output)
    return ""


def _complete(turn: Turn, visit: Visit, result: Done, actor: Json | None) -> str:
    data: Json = {"how": "completed"}
    if actor is not None:
        data["actor"] = actor
    if result.undo:
        data["undo"] = result.undo
    complete(turn, turn.definition.step(visit.step), visit.id, result.output, data)
    return ""


def facts_gathered(turn: Turn, visit: Visit, facts: Json) -> str:
    """The facts asked for are there."""
    if visit.work.get("pending") != "query":
        return "not_waiting"
    turn.record(STEP_PROGRESSED, visit.id, {"work": {"pending": None}, "facts": facts})
    return ask_kind(turn, visit, "facts_gathered", facts)


def ask_kind(turn: Turn, visit: Visit, question: str, value: Any) -> str:
    """Let the step's kind answer one of its questions; what it raises becomes the step's failure."""
    step = turn.definition.step(visit.step)
    try:
        result: Result = getattr(KINDS[step.kind], question)(turn, step, visit, value)
    except (ExpressionError, ValueError) as error:
        fail(turn, step, visit.id, StepError("expression_error", str(error)))
        return ""
    return apply_result(turn, step, visit.id, result)


def fire(turn: Turn, timer: str) -> str:
    """A timer has come due; while the run is paused only due dates act, the others are put aside."""
    if timer == DEADLINE_TIMER:
        return _overdue(turn)
    visit_id, _, purpose = timer.rpartition("/")
    visit = turn.state.visits.get(visit_id)
    if visit is None or purpose not in visit.timers:
        return "timer_unknown"
    turn = turn.of(visit)
    if purpose == "due":
        due_at = datetime.fromisoformat(visit.timers["due"])
        turn.record(STEP_OVERDUE, visit.id, {"due_at": due_at.isoformat()})
        turn.effects.append(NoteOverdue(visit.id, visit.step, due_at))
        return ""
    if turn.state.pauses:
        if {"timer": timer} in turn.state.held:
            return "timer_unknown"
        turn.holding.append({"timer": timer})
        return ""
    turn.record(STEP_PROGRESSED, visit.id, {"timers": {purpose: None}})
    step = turn.definition.step(visit.step)
    if purpose == "retry":
        open_again(turn, step, visit, visit.work.get("input"))
        return ""
    if purpose == "timeout" and step.limit:
        timed_out(turn, step, visit)
        return ""
    return ask_kind(turn, visit, "timer_fired", purpose)


def _overdue(turn: Turn) -> str:
    """The run has passed its deadline."""
    if not turn.state.deadline:
        return "timer_unknown"
    then = turn.definition.deadline.then if turn.definition.deadline else "note"
    due_at = datetime.fromisoformat(turn.state.deadline)
    turn.record(RUN_OVERDUE, None, {"due_at": due_at.isoformat(), "then": then})
    turn.effects.append(NoteRunOverdue(due_at, then))
    if then == "cancel":
        finish(turn, "cancelled", {}, LATE)
    elif then == "roll_back":
        rollback.begin(turn, LATE, None)
    return ""
