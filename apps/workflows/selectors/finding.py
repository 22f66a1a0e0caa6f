"""Finding runs and exceptions by a filter of ``filtering``; other apps lend what they know of connections."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.core.clock import now
from apps.workflows.choices import BulkItemState, CaseStatus
from apps.workflows.engine.durations import parse_duration
from apps.workflows.models import BulkItem, ExceptionCase, Run, StepRun

Calls = Callable[[UUID], QuerySet[Any]]
"""The calls that go through a connection: rows with ``run_id`` and ``visit``."""

_calls_through: list[Calls] = []


def register_calls(calls: Calls) -> None:
    """Say which calls go through a connection; there is one answer."""
    _calls_through[:] = [calls]


def narrow_runs(rows: QuerySet[Run], wanted: Mapping[str, Any]) -> QuerySet[Run]:
    """Return those of the runs that the filter wants."""
    rows = rows.filter(_plain(wanted, _RUN_COLUMNS))
    standing = StepRun.objects.filter(run_id=OuterRef("pk"), ended_at=None)
    if wanted.get("step"):
        rows = rows.filter(Exists(standing.filter(step=wanted["step"])))
    if wanted.get("code"):
        held = ExceptionCase.objects.filter(
            run_id=OuterRef("pk"), status=CaseStatus.OPEN, code=wanted["code"]
        )
        rows = rows.filter(Exists(held))
    if wanted.get("done_by"):
        rows = rows.filter(Exists(_done_by(wanted["done_by"])))
    if wanted.get("connection"):
        rows = rows.filter(Exists(standing.filter(_calls(wanted["connection"]))))
    return rows


def narrow_cases(rows: QuerySet[ExceptionCase], wanted: Mapping[str, Any]) -> QuerySet[ExceptionCase]:
    """Return those of the exceptions that the filter wants."""
    rows = rows.filter(_plain(wanted, _CASE_COLUMNS))
    if wanted.get("step"):
        rows = rows.filter(visit__startswith=f"{wanted['step']}#")
    if wanted.get("done_by"):
        rows = rows.filter(Exists(_done_by(wanted["done_by"])))
    if wanted.get("connection"):
        rows = rows.filter(_calls(wanted["connection"]))
    return rows


_SHARED = {"ids": "pk__in", "status": "status", "subject": "subject"}
_RUN_COLUMNS = {
    **_SHARED,
    "template": "template_key",
    "version": "template_version__number",
    "search": "name__icontains",
}
_CASE_COLUMNS = {
    **_SHARED,
    "template": "run__template_key",
    "version": "run__template_version__number",
    "code": "code",
    "owner_role": "owner_role",
    "slot": "details__error__details__slot",
}


def _plain(wanted: Mapping[str, Any], columns: Mapping[str, str]) -> Q:
    found = Q()
    for name, column in columns.items():
        if wanted.get(name):
            found &= Q(**{column: wanted[name]})
    if wanted.get("older_than"):
        found &= Q(created_at__lte=now() - parse_duration(wanted["older_than"]))
    if wanted.get("search") and "search" not in columns:
        words = wanted["search"]
        found &= Q(title__icontains=words) | Q(message__icontains=words) | Q(run__name__icontains=words)
    return found


def _done_by(operation: str) -> QuerySet[BulkItem]:
    """What a bulk operation was done to."""
    return BulkItem.objects.filter(
        operation_id=UUID(operation), target=OuterRef("pk"), state=BulkItemState.DONE
    )


def _calls(connection: str) -> Q | Exists:
    if not _calls_through:
        return Q(pk=None)
    through = _calls_through[0](UUID(connection))
    return Exists(through.filter(run_id=OuterRef("run_id"), visit=OuterRef("visit")))
