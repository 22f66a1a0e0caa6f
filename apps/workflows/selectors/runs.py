"""Reads of runs, their steps and their history; lists leave out the runs' whole state."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.workflows.definitions import HEAVY, definition_of
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import RUN_MIGRATED, HistoryEvent
from apps.workflows.exceptions import UnknownRun
from apps.workflows.models import HistoryEntry, Run, StepRun, TemplateVersion
from apps.workflows.selectors.finding import narrow_runs


def list_runs(**wanted: Any) -> QuerySet[Run]:
    """Return runs with their version, without their state; ``wanted`` is a filter as ``filtering`` reads it."""
    rows = Run.objects.select_related("template_version", "template_version__template").defer(
        "state", "start", *(f"template_version__{name}" for name in HEAVY)
    )
    return narrow_runs(rows, wanted)


def with_open_steps(rows: QuerySet[Run]) -> QuerySet[Run]:
    """Read along, in one query for all, the steps that have not ended, as ``open_steps``, held up ones first."""
    unended = (
        StepRun.objects.filter(ended_at=None)
        .annotate(held_up=Q(status="exception"))
        .order_by("-held_up", "started_at", "visit")
    )
    return rows.prefetch_related(Prefetch("steps", unended, to_attr="open_steps"))


def get_run(run_id: UUID) -> Run:
    """Return one run with its version and definition, parent, steps and children (four queries); raise UnknownRun."""
    steps = StepRun.objects.order_by("started_at", "visit")
    children = Run.objects.only("id", "name", "status", "template_key", "parent_id", "created_at").order_by(
        "id"
    )
    run = (
        Run.objects.select_related("template_version", "template_version__template", "parent")
        .defer("template_version__source", "template_version__tests", "parent__state", "parent__start")
        .prefetch_related(Prefetch("steps", steps), Prefetch("children", children))
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        raise UnknownRun
    return run


def run_history(run_id: UUID, *, after: int = 0) -> QuerySet[HistoryEntry]:
    """Return the facts of a run in their order, those numbered above ``after``; raise UnknownRun."""
    if not Run.objects.filter(pk=run_id).exists():
        raise UnknownRun
    return HistoryEntry.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")


def open_step_count(run: Run) -> int:
    """Return how many steps of a run read by ``get_run`` have not ended."""
    return sum(step.ended_at is None for step in run.steps.all())


def versions_followed(template_key: str, facts: Iterable[HistoryEvent]) -> dict[int, Definition]:
    """Return the compiled versions that a run was migrated from and to, by number; no query for other runs."""
    moves = [fact.data for fact in facts if fact.kind == RUN_MIGRATED]
    if not moves:
        return {}
    numbers = {number for data in moves for number in (data["from"], data["to"])}
    rows = TemplateVersion.objects.defer("source").filter(template__key=template_key, number__in=numbers)
    return {row.number: definition_of(row) for row in rows}
