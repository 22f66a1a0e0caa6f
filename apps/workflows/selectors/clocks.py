"""Who had a run when, and how its service levels stand."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch

from apps.core.clock import now
from apps.workflows.definitions import HEAVY, definition_of
from apps.workflows.engine import sla_clock
from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.engine.clocks import Segment, partition, stretches, totals
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import RUN_MIGRATED, HistoryEvent, step_of
from apps.workflows.engine.sla_clock import Clock
from apps.workflows.exceptions import UnknownRun
from apps.workflows.models import ClockEvent, HistoryEntry, Run, SlaClock, TemplateVersion
from apps.workflows.selectors.calendars import RunCalendars

MAX_DEPTH = 12
"""Subflows inside subflows that are looked into."""


@dataclass(frozen=True, slots=True)
class LevelNow:
    """One service level as it stands: ``used`` of ``target``; ``share`` in percent, not cut at 100."""

    visit: str
    step: str
    name: str
    state: str
    target: timedelta
    used: timedelta
    share: float
    due_at: datetime | None
    breached_at: datetime | None
    calendar: str
    zone: str
    is_continuous: bool
    events: list[ClockEvent]


@dataclass(frozen=True, slots=True)
class RunClocks:
    """Every moment of a run by party, without gaps or overlaps, and its service levels."""

    begin: datetime | None
    end: datetime
    segments: list[Segment]
    totals: dict[str, timedelta]
    levels: list[LevelNow]


def run_clocks(run_id: UUID) -> RunClocks:
    """Return the clocks of a run, its subflows looked into; raise UnknownRun."""
    run = (
        Run.objects.select_related("template_version")
        .defer(*(f"template_version__{name}" for name in HEAVY))
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        raise UnknownRun
    return clocks_of_run(run)


def clocks_of_run(run: Run) -> RunClocks:
    """Return the clocks of a run that was read with its version."""
    at = now()
    definition = definition_of(run.template_version)
    calendars = RunCalendars(run.id, run.subject, str(definition.sla.get("calendar") or ""))
    segments = partition(_stretches(run, at), _offices(calendars))
    return RunClocks(
        begin=segments[0].begin if segments else None,
        end=segments[-1].end if segments else at,
        segments=segments,
        totals=totals(segments),
        levels=_levels(run, calendars, at),
    )


def _offices(calendars: RunCalendars) -> Mapping[str, WorkingCalendar]:
    business = calendars["business"]
    return {"us": business, "customer": calendars["customer"], "third_party": business}


def _stretches(run: Run, at: datetime) -> list[Segment]:
    family = _family(run)
    history: dict[UUID, list[HistoryEvent]] = defaultdict(list)
    rows = HistoryEntry.objects.filter(run_id__in=[one.id for one in family]).order_by("run_id", "seq")
    for row in rows.values_list("run_id", "kind", "visit", "at", "data"):
        history[row[0]].append(HistoryEvent(*row[1:]))
    by_parent: dict[UUID, dict[str, list[Segment]]] = defaultdict(lambda: defaultdict(list))
    found: list[Segment] = []
    for one in reversed(family):
        facts = history[one.id]
        versions = _versions(one, facts)
        began = next((fact.data["from"] for fact in facts if fact.kind == RUN_MIGRATED), None)
        definition = versions.get(began) or definition_of(one.template_version)
        found = stretches(definition, facts, at, children=by_parent[one.id], versions=versions)
        if one.parent_id is not None:
            by_parent[one.parent_id][one.parent_visit] += found
    return found


def _versions(run: Run, history: list[HistoryEvent]) -> dict[int | None, Definition]:
    """The definitions a run has followed, by number; empty for one that was never migrated."""
    moves = [fact.data for fact in history if fact.kind == RUN_MIGRATED]
    numbers = {data[end] for data in moves for end in ("from", "to")}
    if not numbers:
        return {}
    rows = TemplateVersion.objects.filter(template_id=run.template_version.template_id, number__in=numbers)
    return {row.number: definition_of(row) for row in rows}


def _family(run: Run) -> list[Run]:
    """The run and all runs below it, parents before children."""
    family, level = [run], [run.id]
    if not run.children.all():  # read along with the run for its page
        return family
    rows = Run.objects.select_related("template_version").defer(
        "state", "start", *(f"template_version__{name}" for name in HEAVY)
    )
    for _ in range(MAX_DEPTH):
        children = list(rows.filter(parent_id__in=level).order_by("id"))
        if not children:
            break
        family += children
        level = [child.id for child in children]
    return family


def _levels(run: Run, calendars: RunCalendars, at: datetime) -> list[LevelNow]:
    definition = definition_of(run.template_version)
    rows = SlaClock.objects.filter(run_id=run.id).prefetch_related(
        Prefetch("events", ClockEvent.objects.order_by("seq"))
    )
    found = []
    clocks = list(rows.order_by("started_at", "visit"))
    # The rows of steps know the names that a migration has given them.
    steps = {row.visit: row.step for row in run.steps.all()} if any(row.visit for row in clocks) else {}
    for row in clocks:
        calendar = calendars.get(row.calendar) or calendars["business"]
        clock = Clock(row.target, row.state, row.elapsed, row.since, row.warned)
        used = sla_clock.used(clock, calendar, at)
        step = steps.get(row.visit) or (step_of(row.visit) if row.visit else "")
        place = definition.places.get(step)
        found.append(
            LevelNow(
                visit=row.visit,
                step=step,
                name=place.step.name if place else "",
                state=row.state,
                target=row.target,
                used=used,
                share=used / row.target * 100,
                due_at=row.due_at,
                breached_at=row.breached_at,
                calendar=row.calendar,
                zone=calendar.zone.key,
                is_continuous=calendar.is_continuous,
                events=list(row.events.all()),
            )
        )
    return found
