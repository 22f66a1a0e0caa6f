"""Clocks of service levels: they follow a run's transitions, fire by work items, and are counted again with a calendar."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.clock import now
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import emit, enqueue
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.definitions import definition_of
from apps.workflows.engine import sla_clock
from apps.workflows.engine.calendars import CalendarError, WorkingCalendar
from apps.workflows.engine.clocks import Holding, holder
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import step_of
from apps.workflows.engine.moved_levels import counts_otherwise
from apps.workflows.engine.sla import Sla
from apps.workflows.engine.sla_clock import Clock, Fact
from apps.workflows.engine.state import NEW, RunState
from apps.workflows.models import ClockEvent, Run, SlaClock
from apps.workflows.selectors.calendars import RunCalendars
from apps.workflows.services.kinds import CLOCK_KIND
from tenants.context import current_tenant

Calendars = Mapping[str, WorkingCalendar]
_Write = tuple[SlaClock, Clock, list[Fact], WorkingCalendar]
_WRITTEN = (
    "target",
    "calendar",
    "state",
    "elapsed",
    "since",
    "next_at",
    "due_at",
    "warned",
    "breached_at",
    "stopped_at",
    "length",
    "version",
)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one clock measures at a moment."""

    sla: Sla
    holding: Holding

    @property
    def paused(self) -> bool:
        return self.holding.party in self.sla.paused_on


def follow(
    run: Run,
    definition: Definition,
    before: RunState,
    after: RunState,
    at: datetime,
    calendars: Calendars,
    former: Definition | None = None,
) -> None:
    """Start, pause, resume and stop the run's clocks as a transition wants it; part of that transition.

    ``former`` is what the run followed before a migration: clocks go on to the target of the new version, those it has no
    level for stop, and those it measures again go on.
    """
    was, is_now = _measured(former or definition, before), _measured(definition, after)
    if former is not None:
        was, is_now = _follow_migration(run, (former, definition), was, is_now, at, calendars)
    opened = [key for key in is_now if key not in was]
    changed = [key for key in was if key not in is_now or was[key].paused != is_now[key].paused]
    if changed:
        held = {row.visit: row for row in SlaClock.objects.filter(run_id=run.id, visit__in=changed)}
        opened += [key for key in changed if key not in held and key in is_now]
        _move(run, held, is_now, definition, after, at, calendars)
    if opened:
        _open(run, {key: is_now[key] for key in opened}, at, calendars)


def _follow_migration(
    run: Run,
    versions: tuple[Definition, Definition],
    was: dict[str, _Measured],
    is_now: dict[str, _Measured],
    at: datetime,
    calendars: Calendars,
) -> tuple[dict[str, _Measured], dict[str, _Measured]]:
    """Have clocks that go on count to the new target, and stopped ones go on; return what is left to be followed."""
    former, definition = versions
    cause = f"version {run.template_version.number}"
    moved = {
        key
        for key, one in is_now.items()
        if key not in was or counts_otherwise(former, definition, was[key].sla, one.sla)
    }
    rows = SlaClock.objects.filter(run_id=run.id, visit__in=moved).prefetch_related("events")
    held, before = {row.visit: row for row in rows}, calendars_of(run, former)
    writes: list[_Write] = []
    for key, row in held.items():
        one, facts = is_now[key], facts_of(row)
        calendar, old_calendar = calendar_of(one.sla.calendar, calendars), calendar_of(row.calendar, before)
        if calendar is None or old_calendar is None:
            continue
        clock, told = sla_clock.advance(_clock(row), old_calendar, at)
        step = sla_clock.reopen if clock.state == sla_clock.STOPPED else sla_clock.retarget
        words = f"{cause}: {one.sla.said()}"
        clock, more = step(one.sla, calendar, clock, [*facts, *told], at, words)
        clock, last = sla_clock.turn(clock, calendar, at, one.holding, paused=one.paused)
        row.calendar = one.sla.calendar
        row.breached_at = sla_clock.breached_at([*facts, *told], clock.target)
        writes.append((row, clock, [*told, *more, *last], calendar))
    _write(run, writes)
    return {key: one for key, one in was.items() if key not in held}, {
        key: one for key, one in is_now.items() if key not in held
    }


def fire(clock_id: UUID, run: Run) -> None:
    """Tell what a clock has used up by now; ``run`` is locked. A clock that was stopped or moved meanwhile tells nothing."""
    row = SlaClock.objects.filter(pk=clock_id).first()
    if row is None or row.state != sla_clock.RUNNING:
        return
    sla = definition_of(run.template_version).slas.get(step_of_clock(run, row.visit))
    calendar = calendar_of(row.calendar, calendars_of(run))
    if sla is not None and calendar is not None:
        clock, facts = sla_clock.advance(_clock(row), calendar, database_now())
        _write(run, [(row, clock, facts, calendar)])


def database_now() -> datetime:
    """The time the queue goes by; that of a worker whose clock is wrong would have its item come back for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def recount_run(run: Run, cause: str) -> None:
    """Count the open clocks of a run again; ``run`` is locked."""
    definition, calendars = definition_of(run.template_version), calendars_of(run)
    writes = []
    for row in SlaClock.objects.filter(run_id=run.id).exclude(state=sla_clock.STOPPED):
        sla = definition.slas.get(step_of_clock(run, row.visit))
        calendar = calendar_of(row.calendar, calendars)
        if sla is None or calendar is None or calendar.is_continuous:
            continue
        facts = facts_of(row)
        clock, told = sla_clock.recount(sla, calendar, _clock(row), facts, now(), cause)
        if _differs(row, clock, told, calendar):
            writes.append((row, clock, told, calendar))
    _write(run, writes)


def facts_of(row: SlaClock) -> list[Fact]:
    """Return all that has happened to a clock, in order."""
    events = sorted(row.events.all(), key=lambda event: event.seq)
    return [Fact(event.kind, event.at, event.elapsed, event.party, event.cause) for event in events]


def clocks_of(run_ids: Iterable[UUID]) -> dict[UUID, dict[str, tuple[Clock, list[Fact]]]]:
    """Return the clocks of runs by run and visit, with what has happened to each; stopped ones are left out."""
    found: dict[UUID, dict[str, tuple[Clock, list[Fact]]]] = {run_id: {} for run_id in run_ids}
    rows = SlaClock.objects.filter(run_id__in=found).exclude(state=sla_clock.STOPPED)
    for row in rows.prefetch_related("events"):
        found[row.run_id][row.visit] = _clock(row), facts_of(row)
    return found


def step_of_clock(run: Run, visit: str) -> str:
    """Return the step a clock measures: that of its visit, also where a migration has renamed it; '' for the run."""
    held: dict[str, Any] = next((one for one in run.state.get("visits", []) if one["id"] == visit), {})
    return str(held.get("of") or step_of(visit)) if visit else ""


def calendars_of(run: Run, definition: Definition | None = None) -> Calendars:
    """The calendars a run counts in; with ``definition``, those it would count in under that version."""
    preferred = (definition or definition_of(run.template_version)).sla.get("calendar", "")
    return RunCalendars(run.id, run.subject, str(preferred or ""))


def calendar_of(key: str, calendars: Calendars) -> WorkingCalendar | None:
    """The calendar of a clock; the one that holds for the run where the named one is gone."""
    try:
        return calendars[key]
    except KeyError:
        return calendars.get("business")


def _measured(definition: Definition, state: RunState) -> dict[str, _Measured]:
    """What is measured in a state, by visit; the run itself under the empty text. Nothing more once it has ended."""
    if state.status == NEW or state.outcome:
        return {}
    found = {}
    if "" in definition.slas:
        found[""] = _Measured(definition.slas[""], holder(definition, state))
    for visit in state.visits.values():
        sla = definition.slas.get(visit.step)
        if sla is not None and not visit.is_undo:
            found[visit.id] = _Measured(sla, holder(definition, state, inside=visit))
    return found


def _open(run: Run, measured: Mapping[str, _Measured], at: datetime, calendars: Calendars) -> None:
    writes = []
    for visit, one in measured.items():
        calendar = calendar_of(one.sla.calendar, calendars)
        if calendar is None:
            continue
        clock, facts = sla_clock.start(one.sla, calendar, at, one.holding)
        row = SlaClock(run_id=run.id, visit=visit, calendar=one.sla.calendar, started_at=at, version=0)
        writes.append((row, clock, facts, calendar))
    _write(run, writes)


def _move(
    run: Run,
    held: Mapping[str, SlaClock],
    measured: Mapping[str, _Measured],
    definition: Definition,
    after: RunState,
    at: datetime,
    calendars: Calendars,
) -> None:
    writes = []
    for visit, row in held.items():
        calendar = calendar_of(row.calendar, calendars)
        if calendar is None:
            continue
        one = measured.get(visit)
        if one is None:
            clock, facts = sla_clock.stop(_clock(row), calendar, at, after.outcome or "step ended")
        else:
            clock, facts = sla_clock.turn(_clock(row), calendar, at, one.holding, paused=one.paused)
        writes.append((row, clock, facts, calendar))
    _write(run, writes)


def _clock(row: SlaClock) -> Clock:
    return Clock(row.target, row.state, row.elapsed, row.since, row.warned)


def _write(run: Run, writes: Sequence[_Write]) -> None:
    """Write clocks and their facts, tell warnings, and put the next one into the queue."""
    if not writes:
        return
    old = [row.id for row, *_ in writes if row.version]
    if old:
        cancel_work_of(tenant_id=current_tenant().id, refs=old)
    logged: list[ClockEvent] = []
    for row, clock, facts, calendar in writes:
        _take(row, clock, facts, calendar)
        first = row.length - len(facts) + 1
        logged += [
            ClockEvent(
                clock_id=row.id,
                seq=seq,
                kind=fact.kind,
                at=fact.at,
                elapsed=fact.elapsed,
                party=fact.party,
                cause=fact.cause,
            )
            for seq, fact in enumerate(facts, first)
        ]
        for fact in facts:
            _tell(run, row, fact)
        if row.next_at is not None:
            enqueue(WorkItemSpec(CLOCK_KIND, row.id, run_at=row.next_at))
    rows = [row for row, *_ in writes]
    SlaClock.objects.bulk_create([row for row in rows if row.version == 1])
    changed = [row for row in rows if row.version > 1]
    if changed:
        SlaClock.objects.bulk_update(changed, _WRITTEN)
    ClockEvent.objects.bulk_create(logged)


def _differs(row: SlaClock, clock: Clock, told: Sequence[Fact], calendar: WorkingCalendar) -> bool:
    """Whether counting again made a difference: to what was used, to what is next, to what is told."""
    if row.state == sla_clock.PAUSED and clock.elapsed != row.elapsed:
        return True
    was = (row.target, row.next_at, row.due_at)
    now_is = (
        clock.target,
        sla_clock.next_moment(clock, calendar),
        sla_clock.due_moment(clock, calendar),
    )
    return len(told) > 1 or was != now_is


def _take(row: SlaClock, clock: Clock, facts: Sequence[Fact], calendar: WorkingCalendar) -> None:
    row.target, row.state, row.elapsed = clock.target, clock.state, clock.elapsed
    row.since, row.warned = clock.since, clock.warned
    try:
        row.next_at = sla_clock.next_moment(clock, calendar)
        row.due_at = sla_clock.due_moment(clock, calendar)
    except (CalendarError, OverflowError):
        # A target beyond the end of the calendar is never used up.
        row.next_at = row.due_at = None
    row.breached_at = row.breached_at or next(
        (fact.at for fact in facts if fact.kind == sla_clock.BREACH), None
    )
    row.stopped_at = clock.since if clock.state == sla_clock.STOPPED else None
    row.length += len(facts)
    row.version += 1


def _tell(run: Run, row: SlaClock, fact: Fact) -> None:
    if fact.kind not in (sla_clock.WARN, sla_clock.BREACH):
        return
    data: dict[str, Any] = {
        "run_id": str(run.id),
        "template": run.template_key,
        "name": run.name,
        "subject": run.subject,
        "step": step_of_clock(run, row.visit),
        "percent": int(fact.cause.removesuffix(" %")),
        "at": fact.at.isoformat(),
        "target_seconds": row.target.total_seconds(),
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }
    name = events.SLA_BREACHED if fact.kind == sla_clock.BREACH else events.SLA_WARNED
    emit(DomainEvent(name, f"run/{run.id}", data))
