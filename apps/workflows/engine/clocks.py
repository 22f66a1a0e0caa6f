"""Who had a run when: every moment of it belongs to exactly one party, read from the history alone.

At a moment each open visit has a party: an exception is ours; a wait for the next attempt is of the system that failed; an
approval or a task is ours or, with audience customer, the customer's; a call is of the vendor's system, an internal one of
the platform; a wait for an event is of a third party (customer: by audience); a planned pause is ours; a subflow's is who
has the child. `waiting_on` in the template overrides this for a visit in its usual state. While the run is paused all of
it belongs to whom the pause names, to us by default.

Where several work side by side, the first of `PRECEDENCE` has it: what we could do counts before what others could.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from apps.workflows.engine.calendars import WorkingCalendar, open_parts
from apps.workflows.engine.definition import ActionStep, Definition, Step, WaitStep
from apps.workflows.engine.evolve import apply
from apps.workflows.engine.history import RUN_MIGRATED, HistoryEvent
from apps.workflows.engine.sla import CLOSED
from apps.workflows.engine.state import (
    DRAINING,
    EXCEPTION,
    HANDLING,
    NEW,
    RETRYING,
    ROLLING_BACK,
    RunState,
    Visit,
)

PRECEDENCE = ("us", "customer", "third_party", "vendor_system", "platform")
PEOPLE = ("us", "customer", "third_party")
"""Parties with an office that closes; systems work round the clock."""

_CONTAINERS = ("parallel", "choice", "for_each")
_INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has it, with which visit ('' for none) and why.

    `cause` is paused, exception, retrying, rolling_back, idle, closed, or the kind of the step.
    """

    party: str
    visit: str = ""
    cause: str = "idle"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one holder; `end` is not part of it."""

    begin: datetime
    end: datetime
    holding: Holding

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return self.end - self.begin


Children = Mapping[str, Sequence[Segment]]
"""By visit of a subflow: who had its child run, as `stretches` says it."""


def holder(
    definition: Definition,
    state: RunState,
    *,
    inside: Visit | None = None,
    at: datetime | None = None,
    children: Children | None = None,
) -> Holding:
    """Who has the run (or, with `inside`, what belongs to that visit) in this state."""
    if state.pauses:
        pauses = [(source, pause) for source, pause in state.pauses.items()]
        source, pause = min(pauses, key=lambda item: _rank(str(item[1].get("party") or "us")))
        return Holding(str(pause.get("party") or "us"), "", "paused", str(pause.get("reason") or source))
    best = Holding("platform")
    found = False
    if state.status == ROLLING_BACK and inside is None:
        for late in state.late.values():
            place = definition.places.get(late.step)
            party = _system(place.step) if place else "vendor_system"
            best, found = Holding(party, late.visit, "rolling_back"), True
    for visit in state.visits.values():
        if inside is not None and not _belongs(definition, visit, inside):
            continue
        held = _held(definition, visit, at, children or {})
        if held is not None and (not found or _rank(held.party) < _rank(best.party)):
            best, found = held, True
    return best


def stretches(
    definition: Definition,
    history: Iterable[HistoryEvent],
    until: datetime,
    *,
    visit: str = "",
    children: Children | None = None,
    versions: Mapping[int | None, Definition] | None = None,
) -> list[Segment]:
    """Who had the run (or one visit of it) from its start to its end, or to `until`: without gaps or overlaps.

    `definition` is what the run began under, `versions` those it was migrated to, by number. Times that go backwards,
    as clocks of several machines may, count as no time.
    """
    found: list[Segment] = []
    state, since = RunState(), None
    for event in history:
        at = event.at if since is None else max(event.at, since)
        if since is not None and at > since:
            found += _parts(definition, state, since, min(at, until), visit, children or {})
        apply(state, event)
        if event.kind == RUN_MIGRATED:
            definition = (versions or {}).get(event.data["to"], definition)
        since = at
        if since >= until:
            return _joined(found)
    if since is not None and not state.is_finished:
        found += _parts(definition, state, since, until, visit, children or {})
    return _joined(found)


def partition(segments: Iterable[Segment], calendars: Mapping[str, WorkingCalendar]) -> list[Segment]:
    """The same time with the hours taken out in which the office of the people who had it was closed.

    `calendars` has one for each of `PEOPLE`; a party without one is never closed.
    """
    found: list[Segment] = []
    for segment in segments:
        calendar = calendars.get(segment.holding.party)
        if segment.holding.party in PEOPLE and calendar is not None:
            found += _closed_cut_out(segment, calendar)
        else:
            found.append(segment)
    return _joined(found)


def totals(segments: Iterable[Segment]) -> dict[str, timedelta]:
    """How long each party had it; parties that never had it are left out."""
    sums: dict[str, timedelta] = {}
    for segment in segments:
        party = segment.holding.party
        sums[party] = sums.get(party, timedelta()) + segment.length
    return sums


def _rank(party: str) -> int:
    return PRECEDENCE.index(party) if party in PRECEDENCE else len(PRECEDENCE)


def _belongs(definition: Definition, visit: Visit, inside: Visit) -> bool:
    if visit.id == inside.id:
        return True
    return visit.step in definition.places and definition.inside(visit.step, inside.step)


def _held(definition: Definition, visit: Visit, at: datetime | None, children: Children) -> Holding | None:
    """Who has a visit; None for one that only holds others."""
    place = definition.places.get(visit.step)
    step = place.step if place else None
    if visit.status == EXCEPTION:
        return Holding("us", visit.id, "exception")
    if visit.status == HANDLING or (step is not None and step.kind in _CONTAINERS and not visit.is_undo):
        return None
    child = visit.id if visit.status == DRAINING else str(visit.work.get("visit", ""))
    if child in children and (visit.status == DRAINING or visit.is_undo):
        return _child(visit, at, children, child)
    if visit.status in (RETRYING, DRAINING) or visit.is_undo:
        cause = "retrying" if visit.status == RETRYING else "rolling_back"
        return Holding(_system(step), visit.id, cause)
    if step is None:
        return Holding("platform", visit.id, "idle")
    if step.waiting_on:
        return Holding(step.waiting_on, visit.id, step.kind)
    if step.kind == "subflow":
        return _child(visit, at, children, visit.id)
    return Holding(_party(step), visit.id, step.kind)


def _party(step: Step) -> str:
    if step.kind in ("approval", "user_task", "assist"):
        return "customer" if step.audience == "customer" else "us"
    if isinstance(step, WaitStep):
        if step.audience == "customer":
            return "customer"
        return "third_party" if step.event else "us"
    return _system(step)


def _system(step: Step | None) -> str:
    is_remote = isinstance(step, ActionStep) and step.connection != _INTERNAL
    return "vendor_system" if is_remote else "platform"


def _child(visit: Visit, at: datetime | None, children: Children, child: str) -> Holding:
    """Who has the child run of the subflow's visit `child`."""
    for segment in children.get(child, ()):
        if at is not None and segment.begin <= at < segment.end:
            return replace(segment.holding, visit=visit.id)
    return Holding("platform", visit.id, "subflow")


def _parts(
    definition: Definition, state: RunState, begin: datetime, end: datetime, visit: str, children: Children
) -> Iterator[Segment]:
    """The stretch between two facts, cut where a child's holder changes."""
    inside = None
    if visit:
        inside = state.visits.get(visit)
        if inside is None:
            return
    if state.status == NEW or state.is_finished or begin >= end:
        return
    cuts = {begin}
    for open_visit in state.visits:
        for segment in children.get(open_visit, ()):
            cuts |= {moment for moment in (segment.begin, segment.end) if begin < moment < end}
    edges = [*sorted(cuts), end]
    for start, stop in pairwise(edges):
        yield Segment(start, stop, holder(definition, state, inside=inside, at=start, children=children))


def _closed_cut_out(segment: Segment, calendar: WorkingCalendar) -> Iterator[Segment]:
    closed = replace(segment.holding, party=CLOSED, cause="closed")
    at = segment.begin
    for begin, end in open_parts(calendar, segment.begin, segment.end):
        if at < begin:
            yield Segment(at, begin, closed)
        yield Segment(begin, end, segment.holding)
        at = end
    if at < segment.end:
        yield Segment(at, segment.end, closed)


def _joined(segments: list[Segment]) -> list[Segment]:
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last is not None and last.end == segment.begin and last.holding == segment.holding:
            joined[-1] = Segment(last.begin, segment.end, last.holding)
        else:
            joined.append(segment)
    return joined
