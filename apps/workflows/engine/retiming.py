"""Times of a run that goes on under another version: the new version's, counted from when each step (the run) began.

A time that is past by then takes effect at once, but only where the dry run has said so of this run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.core.expressions import ExpressionError
from apps.workflows.engine.definition import Definition, Moment, Step, WaitStep
from apps.workflows.engine.effects import MoveDue, StartTimer, StopTimer
from apps.workflows.engine.history import RUN_HELD, STEP_PROGRESSED
from apps.workflows.engine.offsets import Offset
from apps.workflows.engine.plan import Plan, is_same
from apps.workflows.engine.settling import DEADLINE_TIMER
from apps.workflows.engine.state import OPEN, RunState, Visit
from apps.workflows.engine.turn import Json, Turn

PURPOSES = ("due", "for", "until", "timeout")
"""Timers of a visit that a version sets; `retry` belongs to the attempt."""


@dataclass(frozen=True, slots=True)
class MovedTime:
    """A time that is another one after the migration; `step` is '' for the deadline of the run, `at` None: no longer."""

    timer: str
    visit: str
    step: str
    purpose: str
    at: datetime | None

    def is_past(self, now: datetime) -> bool:
        """Whether it takes effect at once."""
        return self.at is not None and self.at <= now


def moved_times(before: RunState, after: RunState) -> Iterator[MovedTime]:
    """The times of visits open in both states, and of the run, that differ."""
    for visit in after.visits.values():
        known = before.visits.get(visit.id)
        if known is None or visit.is_undo:
            continue
        for purpose in PURPOSES:
            was, at = _moment(known.timers.get(purpose)), _moment(visit.timers.get(purpose))
            if was != at:
                yield MovedTime(visit.timer_id(purpose), visit.id, visit.step, purpose, at)
    if before.deadline != after.deadline and not after.is_finished:
        yield MovedTime(DEADLINE_TIMER, "", "", "deadline", _moment(after.deadline))


def is_untold(before: RunState, turn: Turn, told: Collection[str] | None) -> bool:
    """Whether a time is past that is not among the timers people were told of; `told` None: this is the dry run."""
    moved = moved_times(before, turn.state)
    return told is not None and any(one.is_past(turn.now) and one.timer not in told for one in moved)


def deadline_moved(
    old: Definition, new: Definition, state: RunState, start: str | None, now: datetime
) -> Json:
    """What the migration's fact says of the run's deadline; empty where it stays. `start` is when the run began."""
    former, wanted = _limit(old), _limit(new)
    if former == wanted:
        return {}
    if wanted is None:
        return {"deadline": ""} if state.deadline else {}
    held = _moment(state.deadline)
    began = held - former if held and former else _moment(start)
    if began is None or (former is not None and held is None and began + wanted <= now):
        return {}
    return {"deadline": (began + wanted).isoformat()}


def retime_run(turn: Turn, before: str) -> None:
    """Start or stop the timer of the run's deadline, where the migration's fact has moved it."""
    if turn.state.deadline == before:
        return
    if turn.state.deadline:
        at = datetime.fromisoformat(turn.state.deadline)
        turn.effects.append(StartTimer(DEADLINE_TIMER, "", at, "deadline"))
    else:
        turn.effects.append(StopTimer(DEADLINE_TIMER, ""))


def retime(turn: Turn, former: Definition, plan: Plan, old: Step, visit: Visit, *, again: bool) -> None:
    """Work out the timers of a visit whose times have changed; `again`: it has just been opened anew."""
    new = turn.definition.step(visit.step)
    was, wanted = _times(old), _times(new)
    then = replace(turn, now=datetime.fromisoformat(visit.since))
    other_calendar = former.sla.get("calendar") != turn.definition.sla.get("calendar")
    for purpose in sorted({*was, *wanted}):
        given = wanted.get(purpose)
        is_kept = is_same(was.get(purpose), given, plan) and not (
            other_calendar and isinstance(given, Offset)
        )
        is_over = purpose in was and purpose not in visit.timers
        if is_kept and not (again and purpose in visit.timers):
            continue
        if purpose != "due" and (visit.status != OPEN or is_over):
            continue
        if given is None:
            _stop_timer(turn, visit, purpose)
            continue
        at = _worked_out(then, new, purpose, given)
        if at is not None and not (is_over and at <= turn.now) and at != _moment(visit.timers.get(purpose)):
            _start_timer(turn, visit, purpose, at)


def _worked_out(then: Turn, step: Step, purpose: str, given: Moment) -> datetime | None:
    """The moment a time of the new version stands for; None where the run does not know it: then the former one stays."""
    try:
        return then.moment(given, step if purpose == "due" else None)
    except (ExpressionError, ValueError):
        return None


def _start_timer(turn: Turn, visit: Visit, purpose: str, at: datetime) -> None:
    _not_held(turn, visit.timer_id(purpose))
    turn.effects.append(StartTimer(visit.timer_id(purpose), visit.id, at, purpose))
    turn.record(STEP_PROGRESSED, visit.id, {"timers": {purpose: at.isoformat()}})
    _tell_due(turn, visit, purpose, at)


def _stop_timer(turn: Turn, visit: Visit, purpose: str) -> None:
    if purpose in visit.timers:
        _not_held(turn, visit.timer_id(purpose))
        turn.effects.append(StopTimer(visit.timer_id(purpose), visit.id))
        turn.record(STEP_PROGRESSED, visit.id, {"timers": {purpose: None}})
        _tell_due(turn, visit, purpose, None)


def _not_held(turn: Turn, timer: str) -> None:
    """A timer that fired while the run is paused was put aside; its new time counts instead."""
    entry = {"timer": timer}
    if entry in turn.state.held:
        turn.record(RUN_HELD, None, {"held": [one for one in turn.state.held if one != entry]})


def _tell_due(turn: Turn, visit: Visit, purpose: str, at: datetime | None) -> None:
    pending = visit.work.get("pending")
    if purpose == "due" and pending in ("approval", "user_task"):
        turn.effects.append(MoveDue(visit.id, visit.step, pending, at))


def _times(step: Step) -> dict[str, Moment]:
    """What the timers of an open step are made of, by purpose."""
    times: dict[str, Moment | None] = {"due": step.due, "timeout": step.limit.after if step.limit else None}
    if isinstance(step, WaitStep):
        times |= {"for": step.duration, "until": f"={step.until}" if step.until else None}
        times["timeout"] = step.timeout.after if step.timeout else None
    return {purpose: given for purpose, given in times.items() if given}


def _limit(definition: Definition) -> timedelta | None:
    return definition.deadline.after if definition.deadline else None


def _moment(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
