"""Reads of bulk operations and of what they would be done to."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.core.errors import NotFound
from apps.workflows.choices import BulkAbout
from apps.workflows.models import BulkItem, BulkOperation, ExceptionCase, Run
from apps.workflows.selectors.finding import narrow_cases, narrow_runs


@dataclass(frozen=True, slots=True)
class Found:
    """A target of a bulk operation: its id, its run (None outside of runs), what it is called."""

    target: UUID
    run_id: UUID | None
    label: str


def list_bulk_operations() -> QuerySet[BulkOperation]:
    return BulkOperation.objects.all()


def get_bulk_operation(operation_id: UUID) -> BulkOperation:
    """Return one operation; raise NotFound."""
    operation = BulkOperation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise NotFound("not_found", "There is no such bulk operation.")
    return operation


def list_bulk_items(operation_id: UUID, *, state: str = "") -> QuerySet[BulkItem]:
    """Return the items of an operation; raise NotFound for an unknown one."""
    if not BulkOperation.objects.filter(pk=operation_id).exists():
        raise NotFound("not_found", "There is no such bulk operation.")
    rows = BulkItem.objects.filter(operation_id=operation_id)
    return rows.filter(state=state) if state else rows


def count_items(operation_id: UUID) -> dict[str, int]:
    """Return how many items of the operation are in each state; states without items are left out."""
    rows = BulkItem.objects.filter(operation_id=operation_id).order_by()
    return dict(rows.values_list("state").annotate(Count("id")))


def count_found(operation: BulkOperation) -> int:
    """Return how many targets the operation's filter finds now."""
    return _runs(operation).count() if operation.about == BulkAbout.RUN else _cases(operation).count()


def find_targets(operation: BulkOperation) -> Iterator[Found]:
    """Return the targets that the operation's filter finds now, the oldest first."""
    if operation.about == BulkAbout.RUN:
        for pk, name in _runs(operation).order_by("pk").values_list("pk", "name").iterator():
            yield Found(pk, pk, name)
        return
    cases = _cases(operation).order_by("pk").values_list("pk", "run_id", "title", "run__name")
    for pk, run_id, title, run_name in cases.iterator():
        yield Found(pk, run_id, f"{title}: {run_name}" if run_name else title)


def _runs(operation: BulkOperation) -> QuerySet[Run]:
    return narrow_runs(Run.objects.all(), operation.filter)


def _cases(operation: BulkOperation) -> QuerySet[ExceptionCase]:
    return narrow_cases(ExceptionCase.objects.all(), operation.filter)
