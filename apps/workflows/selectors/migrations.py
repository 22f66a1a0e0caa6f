"""Reads of migrations: bulk operations that move a template's runs to another version, and those that take them back."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KT

from apps.core.errors import NotFound
from apps.workflows.choices import RunStatus
from apps.workflows.engine.verdict import COMPATIBLE
from apps.workflows.models import BulkItem, BulkOperation, Run
from apps.workflows.selectors.templates import get_template

MIGRATE = "migrate_runs"
REVERT = "revert_migration"
"""The bulk commands behind migrations."""


def list_migrations(template_key: str) -> QuerySet[BulkOperation]:
    """Return the migrations of a template's runs, also those that take another back; raise NotFound."""
    get_template(template_key)
    return _migrations_of(template_key)


def get_migration(template_key: str, operation_id: UUID) -> BulkOperation:
    """Return one migration; raise NotFound."""
    found = _migrations_of(template_key).filter(pk=operation_id).first()
    if found is None:
        raise NotFound("not_found", "There is no such migration.")
    return found


def _migrations_of(template_key: str) -> QuerySet[BulkOperation]:
    return BulkOperation.objects.filter(command__in=(MIGRATE, REVERT), parameters__template=template_key)


def count_verdicts(operation_id: UUID) -> dict[str, int]:
    """Return how many runs of a migration were judged how: compatible, needs_input, blocked."""
    rows = BulkItem.objects.filter(operation_id=operation_id).order_by()
    found = rows.annotate(verdict=KT("details__verdict")).values_list("verdict").annotate(Count("id"))
    return {verdict: count for verdict, count in found if verdict}


def count_at_once(operation_id: UUID) -> int:
    """Return for how many runs that can follow a time of the new version is past, so that it takes effect at once."""
    rows = BulkItem.objects.filter(operation_id=operation_id, details__verdict=COMPATIBLE)
    return rows.filter(details__changes__contains=[{"past": True}]).count()


def count_reasons(operation_id: UUID, *, limit: int = 12) -> list[tuple[str, int]]:
    """Return why runs of a migration cannot follow, the most frequent reason first."""
    rows = BulkItem.objects.filter(operation_id=operation_id).exclude(why="").order_by()
    found = rows.values_list("why").annotate(runs=Count("id")).order_by("-runs", "why")
    return [(why, runs) for why, runs in found[:limit]]


def running_by_version(template_key: str) -> dict[int, int]:
    """Return how many runs of a template are under way, by number of the version they follow."""
    rows = Run.objects.filter(template_key=template_key, status=RunStatus.RUNNING).order_by()
    found: Any = rows.values_list("template_version__number").annotate(Count("id"))
    return dict(found)
