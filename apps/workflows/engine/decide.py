"""`decide`: one command in, events and effects out. Pure: same arguments, same decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine import rollback
from apps.workflows.engine.commands import (
    Cancel,
    Command,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    ReceiveEvent,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.control import (
    apply_result,
    complete,
    fail,
    finish,
    open_again,
    run_todo,
    start_block,
)
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import Effect, NoteOverdue
from apps.workflows.engine.history import (
    RUN_STARTED,
    STEP_OVERDUE,
    STEP_PROGRESSED,
    STEP_RETRIED,
    HistoryEvent,
)
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.offsets import STANDARD, Calendars
from apps.workflows.engine.results import Done, Result
from apps.workflows.engine.settling import clear_exception, settle, withdraw
from apps.workflows.engine.state import DRAINING, EXCEPTION, NEW, RUNNING, RunState, Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command leads to. `state` is the state after all `events`.

    `refused` is empty, or why the command does not apply: already_started, not_started, run_finished, rolling_back,
    visit_closed, stale, not_waiting, no_match, timer_unknown, not_in_exception.
    """

    events: list[HistoryEvent]
    effects: list[Effect]
    state: RunState
    refused: str = ""


def decide(
    definition: Definition,
    state: RunState,
    command: Command,
    now: datetime,
    calendars: Calendars = STANDARD,
) -> Decision:
    """Decide a command. `now` (with an offset) is the time of every event made. The given state is left as it is.

    `calendars` are asked only where an offset counts in one.
    """
    refused = _inapplicable(state, command)
    if refused:
        return Decision([], [], state, refused)
    turn = Turn(definition, state.copy(), now, calendars=calendars)
    refused = _handle(turn, command)
    run_todo(turn)
    if refused:
        return Decision([], [], state, refused)
    return Decision(turn.events, turn.effects, turn.state)


def _inapplicable(state: RunState, command: Command) -> str:
    if isinstance(command, Start):
        return "" if state.status == NEW else "already_started"
    if state.status == NEW:
        return "not_started"
    if state.is_finished:
        return "run_finished"
    if isinstance(command, Cancel | RollBack):
        return "" if state.status == RUNNING else "rolling_back"
    return ""


def _handle(turn: Turn, command: Command) -> str:
    match command:
        case Start():
            return _start(turn, command)
        case Cancel():
            finish(turn, "cancelled", {}, command.reason, command.actor)
            return ""
        case RollBack():
            rollback.begin(turn, command.reason, command.actor)
            return ""
        case FireTimer():
            return _fire(turn, command.timer)
        case _:
            visit = turn.state.visits.get(command.visit)
            return "visit_closed" if visit is None else _handle_visit(turn, visit, command)


def _handle_visit(
    turn: Turn,
    visit: Visit,
    command: CompleteStep | FailStep | FactsGathered | ReceiveEvent | RetryStep | SkipStep,
) -> str:
    match command:
        case CompleteStep() | FailStep():
            return _stale(visit, command) or _answered(turn, visit, command)
        case FactsGathered():
            return _facts(turn, visit, command.data)
        case ReceiveEvent():
            if "awaits" not in visit.work:
                return "not_waiting"
            return _ask_kind(turn, visit, "event_received", command.event)
        case RetryStep():
            return _retry(turn, visit, command)
        case SkipStep():
            return _skip(turn, visit, command)


def _start(turn: Turn, command: Start) -> str:
    data = {"input": command.input, "run": command.run, "event": command.event, "subject": command.subject}
    turn.record(RUN_STARTED, None, data)
    start_block(turn, None, "steps", turn.definition.steps)
    return ""


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
        rollback.withdrawn(turn, visit)
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


def _facts(turn: Turn, visit: Visit, facts: Json) -> str:
    if visit.work.get("pending") != "query":
        return "not_waiting"
    turn.record(STEP_PROGRESSED, visit.id, {"work": {"pending": None}})
    return _ask_kind(turn, visit, "facts_gathered", facts)


def _ask_kind(turn: Turn, visit: Visit, question: str, value: Any) -> str:
    step = turn.definition.step(visit.step)
    try:
        result: Result = getattr(KINDS[step.kind], question)(turn, step, visit, value)
    except (ExpressionError, ValueError) as error:
        fail(turn, step, visit.id, StepError("expression_error", str(error)))
        return ""
    return apply_result(turn, step, visit.id, result)


def _fire(turn: Turn, timer: str) -> str:
    visit_id, _, purpose = timer.rpartition("/")
    visit = turn.state.visits.get(visit_id)
    if visit is None or purpose not in visit.timers:
        return "timer_unknown"
    if purpose == "due":
        due_at = datetime.fromisoformat(visit.timers["due"])
        turn.record(STEP_OVERDUE, visit.id, {"due_at": due_at.isoformat()})
        turn.effects.append(NoteOverdue(visit.id, visit.step, due_at))
        return ""
    turn.record(STEP_PROGRESSED, visit.id, {"timers": {purpose: None}})
    if purpose == "retry":
        open_again(turn, turn.definition.step(visit.step), visit, visit.work.get("input"))
        return ""
    return _ask_kind(turn, visit, "timer_fired", purpose)


def _retry(turn: Turn, visit: Visit, command: RetryStep) -> str:
    if visit.status != EXCEPTION:
        return "not_in_exception"
    settle(turn, visit, keep_due=True)
    withdraw(turn, visit, "retried")
    clear_exception(turn, visit, "retried")
    data: Json = {"epoch": visit.epoch + 1, "actor": command.actor, "reason": command.reason}
    if command.input_override is not None:
        data["input"] = command.input_override
    turn.record(STEP_RETRIED, visit.id, data)
    if visit.is_undo:
        rollback.undo_again(turn, visit, command.input_override)
    else:
        open_again(turn, turn.definition.step(visit.step), visit, command.input_override)
    return ""


def _skip(turn: Turn, visit: Visit, command: SkipStep) -> str:
    if visit.status != EXCEPTION:
        return "not_in_exception"
    withdraw(turn, visit, "skipped")
    if visit.is_undo:
        rollback.undone(turn, visit, command.output, "skipped")
        return ""
    data = {"how": "skipped", "actor": command.actor, "reason": command.reason}
    complete(turn, turn.definition.step(visit.step), visit.id, command.output, data)
    return ""
