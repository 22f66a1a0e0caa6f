"""Service levels of a run that goes on under another version: what people would notice of its clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.workflows.engine import sla_clock
from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.engine.clocks import holder
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.offsets import Calendars
from apps.workflows.engine.sla import CONTINUOUS_KEY, Sla
from apps.workflows.engine.sla_clock import Clock, Fact
from apps.workflows.engine.state import RunState, Visit
from apps.workflows.engine.verdict import Change

Clocks = Mapping[str, tuple[Clock, Sequence[Fact]]]
"""By visit ('' for the run): a clock as it stands, and all that has happened to it."""


@dataclass(frozen=True, slots=True)
class MovedLevel:
    """A service level that is another one after the migration; None where there is none. `visit` is '' for the run."""

    visit: str
    step: str
    former: Sla | None
    level: Sla | None

    @property
    def timer(self) -> str:
        """What the moment at which it is used up is known as, beside the timers of the run."""
        return f"{self.visit}/sla"


def counts_otherwise(old: Definition, new: Definition, was: Sla, level: Sla) -> bool:
    """Whether a clock that goes on counts to another moment: its level differs, or the calendar of the runs."""
    other_calendar = old.sla.get("calendar") != new.sla.get("calendar")
    return was != level or (other_calendar and level.calendar != CONTINUOUS_KEY)


def moved_levels(old: Definition, new: Definition, before: RunState, after: RunState) -> Iterator[MovedLevel]:
    """The service levels of the run, and of visits open in both states, that differ."""
    if after.is_finished:
        return
    measured: list[tuple[str, str, str]] = [("", "", "")]
    for visit in after.visits.values():
        known = before.visits.get(visit.id)
        if known is not None and not visit.is_undo:
            measured.append((visit.id, known.step, visit.step))
    for visit_id, former_step, step in measured:
        was, level = old.slas.get(former_step), new.slas.get(step)
        both = was is not None and level is not None
        if (both and counts_otherwise(old, new, was, level)) or (not both and was is not level):  # type: ignore[arg-type]
            yield MovedLevel(visit_id, step, was, level)


def level_changes(
    old: Definition,
    new: Definition,
    before: RunState,
    after: RunState,
    clocks: Clocks,
    calendars: Calendars,
    now: datetime,
) -> Iterator[Change]:
    """What the dry run says of them; a clock that breaches its new level at once is `past`."""
    for moved in moved_levels(old, new, before, after):
        place = new.places.get(moved.step)
        what = f"'{place.step.name}'" if place else "the run"
        if moved.level is None:
            message = f"{_first(what)} no longer has a service level; its clock stops."
            yield Change("sla", moved.step, message)
        elif moved.former is None:
            message = f"{_first(what)} has a service level from now on: {moved.level.said()}."
            yield Change("sla", moved.step, message)
        elif moved.visit in clocks:
            visit = after.visits.get(moved.visit)
            yield _moved(moved, what, new, after, visit, clocks[moved.visit], calendars, now)


def _moved(
    moved: MovedLevel,
    what: str,
    new: Definition,
    after: RunState,
    visit: Visit | None,
    held: tuple[Clock, Sequence[Fact]],
    calendars: Calendars,
    now: datetime,
) -> Change:
    level, calendar = moved.level, _calendar(calendars, moved.level)
    if level is None or calendar is None:
        return Change("sla", moved.step, f"The service level of {what} changes.")
    clock, told = sla_clock.retarget(level, calendar, held[0], held[1], now, "")
    past = any(fact.kind == sla_clock.BREACH for fact in told)
    holding = holder(new, after, inside=visit)
    clock, _facts = sla_clock.turn(clock, calendar, now, holding, paused=holding.party in level.paused_on)
    due = sla_clock.due_moment(clock, calendar)
    if past:
        message = f"The service level of {what} is missed at once: it is {level.said()}, and more is used up."
    elif due is not None:
        message = f"The service level of {what} is now {level.said()}, used up {due.astimezone(UTC):%d %b %Y, %H:%M} UTC."
    else:
        message = f"The service level of {what} is now {level.said()}; its clock stands."
    return Change("sla", moved.step, message, moved.timer, due.isoformat() if due else "", past)


def _calendar(calendars: Calendars, level: Sla | None) -> WorkingCalendar | None:
    return calendars.get(level.calendar) or calendars.get("business") if level else None


def _first(what: str) -> str:
    return what[0].upper() + what[1:]
