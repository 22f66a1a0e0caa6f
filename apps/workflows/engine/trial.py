"""A migration tried out on one run: its verdict, and what people would notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from apps.workflows.engine.commands import Migrate
from apps.workflows.engine.control import run_todo
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import (
    AwaitEvent,
    ClearException,
    Effect,
    GatherFacts,
    OpenApproval,
    OpenUserTask,
    RunFinished,
)
from apps.workflows.engine.fitting import Fit
from apps.workflows.engine.history import STEP_CLOSED, STEP_STARTED, step_of
from apps.workflows.engine.migration import hindrances, migrate, unopened
from apps.workflows.engine.moved_levels import Clocks, level_changes
from apps.workflows.engine.offsets import STANDARD, Calendars
from apps.workflows.engine.plan import Plan
from apps.workflows.engine.problems import TemplateProblem
from apps.workflows.engine.retiming import moved_times
from apps.workflows.engine.state import RunState
from apps.workflows.engine.turn import Turn
from apps.workflows.engine.verdict import Change, Verdict

Json = dict[str, Any]


def verdict(
    old: Definition,
    new: Definition,
    state: RunState,
    plan: Plan,
    now: datetime,
    calendars: Calendars = STANDARD,
    times: Json | None = None,
    clocks: Clocks | None = None,
) -> Verdict:
    """Whether a run can follow, what stands in the way, and what migrating changes for it. Nothing is done.

    `clocks` are those of its service levels as they stand.
    """
    found = hindrances(Fit(old, new, state, plan), now)
    if found:
        return Verdict.of(found)
    turn = Turn(old, state.copy(), now, calendars=calendars)
    migrate(turn, Migrate(new, plan, 0, 0, times=times or {}))
    run_todo(turn)
    broken = unopened(turn.effects)
    if broken:
        return Verdict.of(broken)
    levels = level_changes(old, new, state, turn.state, clocks or {}, calendars, now)
    return Verdict.of((), list(dict.fromkeys([*_changes(old, new, state, turn), *levels])))


def plan_problems(old: Definition, new: Definition, plan: Plan) -> list[TemplateProblem]:
    """What is wrong with a plan itself, whichever run it is for; paths are like `steps.approve`."""
    return [*_bad_steps(old, new, plan), *_bad_moves(old, new, plan)]


def _bad_steps(old: Definition, new: Definition, plan: Plan) -> Iterator[TemplateProblem]:
    taken: dict[str, str] = {}
    for step, target in plan.steps.items():
        path = f"steps.{step}"
        if step not in old.places:
            yield TemplateProblem("unknown_step", f"The old version has no step '{step}'.", path)
        elif target is None:
            continue
        elif target not in new.places:
            yield TemplateProblem("unknown_step", f"The new version has no step '{target}'.", path)
        elif old.step(step).kind != new.step(target).kind:
            message = f"'{step}' and '{target}' are of different kinds."
            yield TemplateProblem(
                "other_kind", message, path, remedy="Map it to none and choose where to go on."
            )
        elif target in taken:
            message = f"'{target}' is the counterpart of '{taken[target]}' already."
            yield TemplateProblem(
                "taken_twice", message, path, remedy="Give each step a counterpart of its own."
            )
        else:
            taken[target] = step


def _bad_moves(old: Definition, new: Definition, plan: Plan) -> Iterator[TemplateProblem]:
    for step, target in plan.go_on.items():
        if step not in old.places:
            yield TemplateProblem("unknown_step", f"The old version has no step '{step}'.", f"go_on.{step}")
        elif target not in new.places:
            yield TemplateProblem("unknown_step", f"The new version has no step '{target}'.", f"go_on.{step}")


def _changes(old: Definition, new: Definition, state: RunState, turn: Turn) -> Iterator[Change]:
    closed = [event.visit or "" for event in turn.events if event.kind == STEP_CLOSED]
    for ended in closed:
        if ended in state.visits:
            step = old.step(state.visits[ended].step)
            yield Change("ends", step.id, f"'{step.name}' ends; what was asked for it is withdrawn.")
    begun = {event.visit for event in turn.events if event.kind == STEP_STARTED}
    for visit in begun - set(closed):
        if visit:
            step = new.step(step_of(visit))
            yield Change("begins", step.id, f"'{step.name}' begins.")
    opened = {change for effect in turn.effects for change in _notice(turn, effect)}
    starting = {step_of(visit) for visit in begun if visit}
    yield from sorted(
        (one for one in opened if one.step not in starting), key=lambda one: (one.step, one.code)
    )
    yield from _times(state, turn)
    for effect in turn.effects:
        if isinstance(effect, RunFinished):
            yield Change("finishes", "", f"The run ends: {effect.outcome}.")


def _notice(turn: Turn, effect: Effect) -> Iterator[Change]:
    new = turn.definition
    match effect:
        case OpenApproval() | OpenUserTask():
            message = f"'{effect.name}' is asked again, in its new form; answers given so far are dropped."
            yield Change("asked_again", effect.step, message)
        case AwaitEvent():
            yield Change("awaits", effect.step, f"'{_name(new, effect.step)}' waits for '{effect.type}'.")
        case GatherFacts():
            yield Change("checked_again", effect.step, f"'{_name(new, effect.step)}' is checked again.")
        case ClearException():
            step = _step_id(turn, effect.visit)
            yield Change("exception_over", step, "Its exception is cleared and the step is tried again.")


def _times(state: RunState, turn: Turn) -> Iterator[Change]:
    """The times that become other ones, those that are past first."""
    moved = sorted(moved_times(state, turn.state), key=lambda one: (not one.is_past(turn.now), one.timer))
    for one in moved:
        past = one.is_past(turn.now)
        at = f"{one.at.astimezone(UTC):%d %b %Y, %H:%M} UTC" if one.at else ""
        words = _NO_TIME if one.at is None else _PAST_TIMES if past else _NEW_TIMES
        ends = _ENDS[turn.definition.deadline.then] if turn.definition.deadline else ""
        message = words[one.purpose].format(step=_name(turn.definition, one.step), at=at, ends=ends)
        code = "due" if one.purpose == "due" else "deadline" if not one.step else "timer"
        yield Change(code, one.step, message, one.timer, one.at.isoformat() if one.at else "", past)


_NEW_TIMES = {
    "due": "'{step}' is now due {at}.",
    "for": "The waiting of '{step}' now ends {at}.",
    "until": "The waiting of '{step}' now ends {at}.",
    "timeout": "'{step}' now times out {at}.",
    "deadline": "The deadline of the run is now {at}.",
}
_PAST_TIMES = {
    "due": "'{step}' is overdue at once: by the new version it was due {at}.",
    "for": "'{step}' ends at once: by the new version its waiting ended {at}.",
    "until": "'{step}' ends at once: by the new version its waiting ended {at}.",
    "timeout": "'{step}' times out at once: by the new version its time ended {at}.",
    "deadline": "The run passes its deadline at once: by the new version it was {at}. {ends}",
}
_NO_TIME = {
    "due": "'{step}' is no longer due at a certain time.",
    "for": "The waiting of '{step}' no longer ends by itself.",
    "until": "The waiting of '{step}' no longer ends by itself.",
    "timeout": "'{step}' no longer times out.",
    "deadline": "The run no longer has a deadline.",
}
_ENDS = {
    "note": "It is told as overdue.",
    "exception": "A person is told.",
    "cancel": "It is cancelled.",
    "roll_back": "It is rolled back.",
}


def _name(new: Definition, step: str) -> str:
    place = new.places.get(step)
    return place.step.name if place else step


def _step_id(turn: Turn, visit: str) -> str:
    known = turn.state.visits.get(visit)
    return known.step if known else step_of(visit)
