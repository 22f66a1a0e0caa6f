"""What a tenant's own rows say is to be done: its part of the queue can be made anew from them.

The queue is shared, a tenant's rows are its own: after a tenant alone was restored from a backup, the two do not fit.
Each app names, for its kinds of work, a function that reads its rows and yields the items they need. Handlers bear
running twice, so an item too many does nothing; one too few would be work forgotten.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.dispatch.models import WorkItem
from apps.dispatch.services.enqueue import enqueue_many
from apps.dispatch.types import WorkItemSpec

_PORTION = 1_000
_sources: dict[tuple[str, ...], Callable[[], Iterable[WorkItemSpec]]] = {}
_distrusting: list[Callable[[], None]] = []


def register_due_work(*kinds: str, source: Callable[[], Iterable[WorkItemSpec]]) -> None:
    """Say how the items of these kinds follow from the rows of the tenant that is entered."""
    _sources[kinds] = source


def register_distrust(distrust: Callable[[], None]) -> None:
    """Say what is to be doubted after a restore: done since the backup was made, perhaps, and not to be done again."""
    _distrusting.append(distrust)


def kinds_rebuilt() -> frozenset[str]:
    return frozenset(kind for kinds in _sources for kind in kinds)


def distrust_what_was_under_way() -> None:
    """Have each app mark what the outside may have seen already. Needs a unit of work in the tenant."""
    for distrust in _distrusting:
        distrust()


def rebuild_work(*, tenant_id: UUID) -> int:
    """Replace all work items of the tenant that is entered by those its rows ask for; return how many there are.

    Whoever was at one of the old ones has lost it: its number does not exist any more.
    """
    with transaction.atomic():
        WorkItem.objects.filter(tenant_id=tenant_id).delete()
        due, made = _due_work(), 0
        while portion := list(islice(due, _PORTION)):
            enqueue_many(tenant_id=tenant_id, specs=portion)
            made += len(portion)
    return made


def _due_work() -> Iterator[WorkItemSpec]:
    for source in _sources.values():
        yield from source()
