"""The clock of one service level: starts, pauses, resumes, warns, is breached, stops. Each is a fact with its cause.

Time is counted in the calendar of the service level, so a clock that runs over night uses up nothing while it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.workflows.engine.calendars import WorkingCalendar, add_time, working_time
from apps.workflows.engine.clocks import Holding, Segment
from apps.workflows.engine.sla import WARNINGS, Sla

RUNNING = "running"
PAUSED = "paused"
STOPPED = "stopped"
START, PAUSE, RESUME, WARN, BREACH, RECOUNT, STOP = (
    "start",
    "pause",
    "resume",
    "warn",
    "breach",
    "recount",
    "stop",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a clock; `elapsed` is what had been used up by then."""

    kind: str
    at: datetime
    elapsed: timedelta
    party: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a clock stands. `elapsed` is as of `since`; `warned` the last share told, in percent."""

    target: timedelta
    state: str
    elapsed: timedelta
    since: datetime
    warned: int = 0


Step = tuple[Clock, list[Fact]]


def start(sla: Sla, calendar: WorkingCalendar, at: datetime, holding: Holding) -> Step:
    """A clock begins; at once paused if who has it does not count."""
    clock = Clock(sla.target(calendar), RUNNING, timedelta(), at)
    facts = [Fact(START, at, timedelta(), holding.party, said(holding))]
    clock, more = turn(clock, calendar, at, holding, paused=holding.party in sla.paused_on)
    return clock, facts + more


def turn(clock: Clock, calendar: WorkingCalendar, at: datetime, holding: Holding, *, paused: bool) -> Step:
    """Who has it has changed: pause or resume where that makes a difference."""
    clock, facts = advance(clock, calendar, at)
    wanted = PAUSED if paused else RUNNING
    if clock.state in (wanted, STOPPED):
        return clock, facts
    clock = replace(clock, state=wanted, elapsed=used(clock, calendar, at), since=max(at, clock.since))
    kind = PAUSE if paused else RESUME
    return clock, [*facts, Fact(kind, clock.since, clock.elapsed, holding.party, said(holding))]


def advance(clock: Clock, calendar: WorkingCalendar, at: datetime) -> Step:
    """Tell every share that was used up by `at`, at the moment it was."""
    facts: list[Fact] = []
    while clock.state == RUNNING and (share := _next_share(clock)) is not None:
        moment = _moment(clock, calendar, share)
        if moment > at:
            break
        kind = BREACH if share == WARNINGS[-1] else WARN
        facts.append(Fact(kind, moment, clock.target * share / 100, "", f"{share} %"))
        clock = replace(clock, warned=share)
    return clock, facts


def stop(clock: Clock, calendar: WorkingCalendar, at: datetime, cause: str) -> Step:
    """What was measured is over."""
    clock, facts = advance(clock, calendar, at)
    if clock.state == STOPPED:
        return clock, facts
    clock = replace(clock, state=STOPPED, elapsed=used(clock, calendar, at), since=max(at, clock.since))
    return clock, [*facts, Fact(STOP, clock.since, clock.elapsed, "", cause)]


def recount(
    sla: Sla, calendar: WorkingCalendar, clock: Clock, facts: Sequence[Fact], at: datetime, cause: str
) -> Step:
    """Count what was used up once more, after the calendar has changed; what was told stays told."""
    elapsed, running_since = timedelta(), None
    for fact in facts:
        if fact.kind in (START, RESUME):
            running_since = fact.at
        elif fact.kind in (PAUSE, STOP) and running_since is not None:
            elapsed += working_time(calendar, running_since, fact.at)
            running_since = None
    moment = max(at, clock.since)
    if running_since is not None:
        elapsed += working_time(calendar, running_since, moment)
    clock = replace(clock, target=sla.target(calendar), elapsed=elapsed, since=moment)
    counted = Fact(RECOUNT, moment, elapsed, "", cause)
    clock, told = advance(clock, calendar, moment)
    # What the new count has used up already is told now, not in the past.
    return clock, [counted, *(replace(fact, at=moment) for fact in told)]


def used(clock: Clock, calendar: WorkingCalendar, at: datetime) -> timedelta:
    """What is used up by a moment."""
    if clock.state != RUNNING or at <= clock.since:
        return clock.elapsed
    return clock.elapsed + working_time(calendar, clock.since, at)


def next_moment(clock: Clock, calendar: WorkingCalendar) -> datetime | None:
    """When the next share will be used up if nothing changes; None when the clock stands, or everything was told."""
    share = _next_share(clock)
    return None if clock.state != RUNNING or share is None else _moment(clock, calendar, share)


def due_moment(clock: Clock, calendar: WorkingCalendar) -> datetime | None:
    """When the target will be (or was) used up; None while the clock stands."""
    return None if clock.state != RUNNING else _moment(clock, calendar, WARNINGS[-1])


def log(
    sla: Sla, calendar: WorkingCalendar, segments: Iterable[Segment], *, ended: bool, now: datetime
) -> list[Fact]:
    """All facts of a clock over the stretches of what it measures (see `clocks.stretches`), up to `now`."""
    clock: Clock | None = None
    facts: list[Fact] = []
    end = now
    for segment in segments:
        if clock is None:
            clock, more = start(sla, calendar, segment.begin, segment.holding)
        else:
            paused = segment.holding.party in sla.paused_on
            clock, more = turn(clock, calendar, segment.begin, segment.holding, paused=paused)
        facts += more
        end = segment.end
    if clock is None:
        return []
    _, more = stop(clock, calendar, end, "") if ended else advance(clock, calendar, now)
    return facts + more


def said(holding: Holding) -> str:
    """The cause of a fact in a few words."""
    step = holding.visit.partition("#")[0]
    words = holding.cause.replace("_", " ")
    return (f"{words}: {holding.note or step}" if holding.note or step else words)[:300]


def _next_share(clock: Clock) -> int | None:
    return next((share for share in WARNINGS if share > clock.warned), None)


def _moment(clock: Clock, calendar: WorkingCalendar, share: int) -> datetime:
    missing = clock.target * share / 100 - clock.elapsed
    return add_time(calendar, clock.since, missing) if missing > timedelta() else clock.since
