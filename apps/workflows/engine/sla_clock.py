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
START, PAUSE, RESUME, WARN, BREACH, RECOUNT, RETARGET, STOP = (
    "start",
    "pause",
    "resume",
    "warn",
    "breach",
    "recount",
    "retarget",
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
    moment = max(at, clock.since)
    elapsed = _counted(facts, calendar, moment)
    clock = replace(clock, target=sla.target(calendar), elapsed=elapsed, since=moment)
    counted = Fact(RECOUNT, moment, elapsed, "", cause)
    clock, told = advance(clock, calendar, moment)
    # What the new count has used up already is told now, not in the past.
    return clock, [counted, *(replace(fact, at=moment) for fact in told)]


def retarget(
    sla: Sla, calendar: WorkingCalendar, clock: Clock, facts: Sequence[Fact], at: datetime, cause: str
) -> Step:
    """Go on under another service level: what was used up is counted again in its calendar, what waited stays left out.

    What was told of this very target stays told; a share of it that is used up already is told now.
    """
    moment, target = max(at, clock.since), sla.target(calendar)
    elapsed = _counted(facts, calendar, moment)
    clock = replace(clock, target=target, elapsed=elapsed, since=moment, warned=told_of(facts, target))
    moved = Fact(RETARGET, moment, elapsed, "", cause)
    clock, told = advance(clock, calendar, moment)
    return clock, [moved, *(replace(fact, at=moment) for fact in told)]


def reopen(
    sla: Sla, calendar: WorkingCalendar, clock: Clock, facts: Sequence[Fact], at: datetime, cause: str
) -> Step:
    """A clock that was stopped goes on (paused, until `turn` says otherwise); the time between does not count."""
    return retarget(sla, calendar, replace(clock, state=PAUSED), facts, at, cause)


def told_of(facts: Iterable[Fact], target: timedelta) -> int:
    """The last share of a target, in percent, that the facts tell as used up."""
    told = {share for share in WARNINGS for fact in facts if _tells(fact, target, share)}
    return max(told, default=0)


def breached_at(facts: Iterable[Fact], target: timedelta) -> datetime | None:
    """When a target was used up, as far as the facts tell."""
    return next((fact.at for fact in facts if _tells(fact, target, WARNINGS[-1])), None)


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


def _counted(facts: Iterable[Fact], calendar: WorkingCalendar, until: datetime) -> timedelta:
    """The open time between the facts in which the clock ran."""
    elapsed, running_since = timedelta(), None
    for fact in facts:
        if fact.kind in (START, RESUME):
            running_since = fact.at
        elif fact.kind in (PAUSE, STOP) and running_since is not None:
            elapsed += working_time(calendar, running_since, fact.at)
            running_since = None
    return elapsed + working_time(calendar, running_since, until) if running_since is not None else elapsed


def _tells(fact: Fact, target: timedelta, share: int) -> bool:
    is_told = fact.kind in (WARN, BREACH) and fact.cause == f"{share} %"
    return is_told and fact.elapsed == target * share / 100


def _next_share(clock: Clock) -> int | None:
    return next((share for share in WARNINGS if share > clock.warned), None)


def _moment(clock: Clock, calendar: WorkingCalendar, share: int) -> datetime:
    missing = clock.target * share / 100 - clock.elapsed
    return add_time(calendar, clock.since, missing) if missing > timedelta() else clock.since
