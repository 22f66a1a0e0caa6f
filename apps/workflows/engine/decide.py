"""`decide`: one command in, events and effects out. Pure: same arguments, same decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.workflows.engine import answers, corrections, pausing, rollback, seeding
from apps.workflows.engine.commands import (
    AnswerWait,
    Cancel,
    Command,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    JumpTo,
    Migrate,
    Pause,
    Reassign,
    ReceiveEvent,
    Resume,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
)
from apps.workflows.engine.control import run_todo
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import Effect
from apps.workflows.engine.ending import finish
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.late import find_late
from apps.workflows.engine.migration import migrate, unopened
from apps.workflows.engine.offsets import STANDARD, Calendars
from apps.workflows.engine.state import NEW, RUNNING, RunState, Visit
from apps.workflows.engine.turn import Turn

OfVisit = (
    CompleteStep | FailStep | FactsGathered | ReceiveEvent | RetryStep | SkipStep | AnswerWait | Reassign
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command leads to. `state` is the state after all `events`.

    `refused` is empty, or why the command does not apply: already_started, not_started, run_finished, rolling_back,
    visit_closed, stale, not_waiting, no_match, timer_unknown, or what the command's own description names.
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
    if refused:
        return Decision([], [], state, refused)
    run_todo(turn)
    if isinstance(command, Migrate) and unopened(turn.effects):
        return Decision([], [], state, "blocked")
    pausing.put_aside(turn)
    return Decision(turn.events, turn.effects, turn.state)


def _inapplicable(state: RunState, command: Command) -> str:
    if isinstance(command, Start):
        return "" if state.status == NEW else "already_started"
    if state.status == NEW:
        return "not_started"
    if state.is_finished:
        return "" if _reaches_back(state, command) else "run_finished"
    if isinstance(command, Cancel | RollBack | Pause | JumpTo):
        return "" if state.status == RUNNING else "rolling_back"
    return ""


def _reaches_back(state: RunState, command: Command) -> bool:
    """Whether a finished run that may still be undone has to hear it."""
    match command:
        case RollBack():
            return command.by_parent and state.undoable
        case CompleteStep() | FailStep():
            return find_late(state, command) is not None
    return False


def _handle(turn: Turn, command: Command) -> str:
    match command:
        case Start():
            return seeding.start(turn, command)
        case Cancel():
            finish(turn, "cancelled", {}, command.reason, command.actor, undoable=command.undoable)
            return ""
        case RollBack():
            rollback.begin(turn, command.reason, command.actor, by_parent=command.by_parent)
            return ""
        case FireTimer():
            return answers.fire(turn, command.timer)
        case Pause() | Resume() | JumpTo() | Migrate():
            return _steer(turn, command)
        case CompleteStep() | FailStep() if late := find_late(turn.state, command):
            return rollback.told_late(turn, late, command)
        case _:
            visit = turn.state.visits.get(command.visit)
            return "visit_closed" if visit is None else _handle_visit(turn.of(visit), visit, command)


def _steer(turn: Turn, command: Pause | Resume | JumpTo | Migrate) -> str:
    match command:
        case Pause():
            return pausing.pause(turn, command)
        case Resume():
            return pausing.resume(turn, command)
        case JumpTo():
            return corrections.jump_to(turn, command)
        case Migrate():
            return migrate(turn, command)


def _handle_visit(turn: Turn, visit: Visit, command: OfVisit) -> str:
    match command:
        case CompleteStep() | FailStep():
            return answers.answered(turn, visit, command)
        case FactsGathered():
            return answers.facts_gathered(turn, visit, command.data)
        case ReceiveEvent():
            return answers.event_received(turn, visit, command.event)
        case RetryStep():
            return corrections.retry(turn, visit, command)
        case SkipStep():
            return corrections.skip(turn, visit, command)
        case AnswerWait():
            return corrections.answer_wait(turn, visit, command)
        case Reassign():
            return corrections.reassign(turn, visit, command)
