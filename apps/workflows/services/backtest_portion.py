"""Run a portion of recorded runs again under the version of a back-test, and say what differs. Writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog

from apps.workflows import steps
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.simulation.comparing import APPROVAL_ADDED, differences, profile
from apps.workflows.engine.simulation.recorded import Rerun, run_again
from apps.workflows.engine.simulation.records import read_record
from apps.workflows.engine.simulation.world import Question
from apps.workflows.models import Backtest, HistoryEntry, Run
from apps.workflows.selectors.calendars import TrialCalendars
from apps.workflows.services.backtest_policies import asked_under

log = structlog.get_logger(__name__)
Json = dict[str, Any]
Asked = dict[tuple[UUID, str], list[str]]
UNREADABLE = "unreadable"
AT_ONCE = 50
"""Runs whose histories are held in memory together."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one run."""

    run: Run
    differences: Sequence[Json]


@dataclass(frozen=True, slots=True)
class _World:
    """What all runs of a portion are looked at with."""

    definition: Definition
    policies: dict[str, Json]
    asked: Asked
    as_of: datetime


@dataclass(slots=True)
class Portion:
    """Runs in the order of their ids, those after the latest one done."""

    looked: list[Looked] = field(default_factory=list)

    @property
    def affected(self) -> list[Looked]:
        """Those that would have gone another way."""
        return [one for one in self.looked if one.differences]


def runs_of(backtest: Backtest) -> Any:
    """The runs of the back-test's window, the oldest first, without their state."""
    rows = Run.objects.filter(
        template_key=backtest.template.key, created_at__gte=backtest.since, created_at__lt=backtest.until
    )
    return rows.select_related("template_version").only(
        "id", "name", "subject", "started_by", "created_at", "template_version__number"
    )


def next_portion(backtest: Backtest, definition: Definition, as_of: datetime) -> Portion:
    """Look at some more runs; an empty portion means that all have been looked at."""
    rows = runs_of(backtest).order_by("id")
    if backtest.last_run is not None:
        rows = rows.filter(id__gt=backtest.last_run)
    runs = {run.id: run for run in rows[:AT_ONCE]}
    asked: Asked = steps.ask_catalogue("roles_asked", list(runs)) or {}
    histories = dict(_histories(list(runs)))
    world = _World(definition, backtest.policies, asked, as_of)
    return Portion([_look(run, histories.get(run.id, []), world) for run in runs.values()])


def _histories(run_ids: Sequence[UUID]) -> Iterator[tuple[UUID, list[HistoryEvent]]]:
    rows = HistoryEntry.objects.filter(run_id__in=run_ids).order_by("run_id", "seq")
    columns = rows.values_list("run_id", "kind", "visit", "at", "data")
    for run_id, entries in groupby(columns, key=lambda entry: entry[0]):
        yield run_id, [HistoryEvent(kind, visit, at, data) for _id, kind, visit, at, data in entries]


def _look(run: Run, history: list[HistoryEvent], world: _World) -> Looked:
    try:
        return Looked(run, _differences(run, history, world))
    except Exception as error:
        # One strange history must not keep the others from being looked at.
        log.exception("backtest.run_failed", run=str(run.id))
        return Looked(run, [{"kind": UNREADABLE, "why": type(error).__name__}])


def _differences(run: Run, history: list[HistoryEvent], world: _World) -> Sequence[Json]:
    record = read_record(history, world.as_of)
    if record is None:
        return []
    planned: dict[str, list[str] | None] = {}

    def by_policy(question: Question) -> Json | None:
        if question.kind != "approval":
            return None
        roles = steps.ask_catalogue(
            "roles_to_ask", asked_under(question.asked, world.policies), run.started_by
        )
        planned[question.visit] = roles
        return {"outcome": "approved", "decided_by": [], "comment": ""} if roles == [] else None

    rerun: Rerun = run_again(world.definition, record, TrialCalendars(run.id), by_policy)
    found = differences(
        profile(history),
        rerun,
        lambda visit: world.asked.get((run.id, visit), []),
        lambda visit: planned.get(visit) or [],
    )
    return [one for one in found if one["kind"] != APPROVAL_ADDED or planned.get(one["visit"], []) != []]
