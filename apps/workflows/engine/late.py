"""Actions withdrawn while they may have been under way: nobody waits for them, but a roll-back must know their outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.core.expressions import ExpressionError, expression_source, is_expression
from apps.workflows.engine.commands import CompleteStep, FailStep, StepError
from apps.workflows.engine.definition import ActionStep, Compensation
from apps.workflows.engine.history import LATE_OUTCOME, OUTCOME_AWAITED, step_of
from apps.workflows.engine.matching import frozen_scope
from apps.workflows.engine.state import Late, RunState, Visit, late_id
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
_CONSTANT = ("input", "event", "run", "subject", "now")
"""Variables that need not be kept: they are the same later, or (`now`) mean the time of the outcome."""


def await_outcome(turn: Turn, visit: Visit, step: ActionStep, compensation: Compensation) -> None:
    """Remember that the action of a visit, withdrawn now, may have happened or happen yet."""
    undo = {
        "connection": compensation.connection,
        "operation": compensation.operation,
        "input": compensation.input,
    }
    data: Json = {"step": visit.step, "name": step.name, "epoch": visit.epoch, "attempt": visit.attempt}
    turn.record(
        OUTCOME_AWAITED, visit.id, {**data, "undo": undo, "known": _known(turn.of(visit), compensation.input)}
    )


def undo_entry(visit: Visit) -> Json:
    """What a roll-back calls the work of an open visit."""
    undo: Json = {"visit": visit.id}
    if visit.epoch != 1:
        undo["epoch"] = visit.epoch
    return {**undo, "step": visit.of} if visit.of else undo


def find_late(state: RunState, command: CompleteStep | FailStep) -> Late | None:
    """What an answer is the late outcome of; None where the visit is open and the answer meant for it."""
    visit = state.visits.get(command.visit)
    if command.epoch is not None:
        is_current = visit is not None and visit.epoch == command.epoch
        return None if is_current else state.late.get(late_id(command.visit, command.epoch))
    if visit is not None:
        return None
    return next((late for late in state.late.values() if late.visit == command.visit), None)


def note_outcome(turn: Turn, late: Late, command: CompleteStep | FailStep) -> str:
    """Write down what became of it; return why the answer does not apply, else ''."""
    if command.attempt not in (None, late.attempt):
        return "stale"
    data: Json = {"epoch": late.epoch}
    if isinstance(command, CompleteStep):
        data |= {"output": command.output, "undo": _undo(turn, late, command.output)}
    elif command.error.ambiguous:
        data |= unknown({**_what(turn, late), **late.undo}, command.error)
    turn.record(LATE_OUTCOME, late.visit, data)
    return ""


def note_unknown(turn: Turn, visit: Visit, step: ActionStep, error: StepError) -> None:
    """A call came to nothing and may have been done all the same: a roll-back puts it to a person.

    Also when the step is skipped, tried anew under another key, or passed over.
    """
    if step.compensate is None:
        return
    undo = {
        **undo_entry(visit),
        "connection": step.compensate.connection,
        "operation": step.compensate.operation,
    }
    turn.record(LATE_OUTCOME, visit.id, {"epoch": visit.epoch, **unknown(undo, error)})


def unknown(undo: Json, error: StepError) -> Json:
    """The outcome of an action of which nobody can tell whether it happened: a person decides when its turn comes."""
    told = f"Nobody knows whether it was done: {error.message} Look in the system; then undo it or skip this."
    return {
        "unknown": error.message,
        "undo": {**undo, "input": {}, "code": "outcome_unknown", "error": told},
    }


def _what(turn: Turn, late: Late) -> Json:
    """What is undone, as an entry of a roll-back names it."""
    what: Json = {"visit": late.visit}
    if late.epoch != 1:
        what["epoch"] = late.epoch
    if late.step != step_of(late.visit):
        what["step"] = late.step
    if late.step not in turn.definition.places:
        what["name"] = late.name
    return what


def _undo(turn: Turn, late: Late, output: Json) -> Json:
    undo: Json = {**_what(turn, late), **late.undo}
    steps = {**late.known.get("steps", {}), late.own: output}
    try:
        undo["input"] = turn.at("").resolve(late.undo["input"], **{**late.known, "steps": steps})
    except ExpressionError as error:
        return {**undo, "input": {}, "error": error.message}
    return undo


def _known(turn: Turn, given: Json) -> Json:
    """The values that the expressions of a document name, as they are now."""
    scope = {name: value for name, value in turn.scope().items() if name not in _CONSTANT}
    known: Json = {}
    for source in _expressions(given):
        for name, value in frozen_scope(source, scope).items():
            held = known.get(name)
            both = isinstance(held, Mapping) and isinstance(value, Mapping)
            known[name] = {**held, **value} if both else value  # type: ignore[dict-item]
    return known


def _expressions(value: Any) -> Iterator[str]:
    if is_expression(value):
        yield expression_source(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _expressions(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _expressions(item)
