"""Work items of bulk operations: one portion each. Each bears running twice."""

from collections.abc import Sequence
from datetime import timedelta

from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import BulkItemState, BulkStatus
from apps.workflows.models import BulkOperation
from apps.workflows.services.bulk import START_AT_ONCE, bulk_data, start_bulk
from apps.workflows.services.bulk_work import actor_of, check_some, collect, perform_some, sizes
from apps.workflows.services.kinds import BULK_KIND

_ACTOR = Actor.system("bulk operations")


def go_on(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Do the next portion of each operation the items refer to."""
    for item in items:
        operation = BulkOperation.objects.filter(pk=item.ref).first()
        actor = actor_of(operation) if operation is not None else None
        if operation is not None and operation.status == BulkStatus.PREPARING:
            _prepare(operation, actor or _ACTOR)
        moved = perform_some(operation, actor) if operation is not None and actor is not None else 0
        with unit_of_work(_ACTOR):
            _settle(item, may_act=actor is not None, moved=moved)
    return {}


def _prepare(operation: BulkOperation, actor: Actor) -> None:
    """Find the targets, then look at them, in one transaction each portion."""
    with unit_of_work(actor):
        held = BulkOperation.objects.select_for_update().get(pk=operation.id)
        if held.status == BulkStatus.PREPARING and not held.items.exists():
            collect(held)
    more = True
    while more:
        with unit_of_work(actor):
            held = BulkOperation.objects.select_for_update().get(pk=operation.id)
            more = held.status == BulkStatus.PREPARING and check_some(held, actor)
            if not more and held.status == BulkStatus.PREPARING:
                transition(held, "preview", fields=sizes(held))
                if held.parameters.get(START_AT_ONCE):
                    start_bulk(operation_id=held.id, actor=actor)


def _settle(item: ClaimedItem, *, may_act: bool, moved: int) -> None:
    """End the portion: go on, come to the end, or stop because whoever asked for it may no longer act."""
    operation = BulkOperation.objects.select_for_update().filter(pk=item.ref).first()
    finish([item])
    if operation is None or operation.status != BulkStatus.RUNNING:
        return
    columns = sizes(operation)
    if not may_act:
        who = operation.actor.get("label", "Whoever started it")
        why = f"{who} may no longer act here. Somebody who may can resume it in his own name."
        transition(operation, "suspend", fields={"halted": why, **columns})
    elif columns["counts"].get(BulkItemState.PENDING):
        BulkOperation.objects.filter(pk=operation.id).update(**columns)
        # Nothing moved: another worker has the rest in hand.
        later = None if moved else now() + timedelta(seconds=1)
        enqueue(WorkItemSpec(BULK_KIND, operation.id, run_at=later, dedupe=f"bulk:{operation.id}"))
    else:
        told = DomainEvent(events.BULK_FINISHED, f"bulk_operation/{operation.id}", bulk_data(operation))
        transition(operation, "finish", fields={"finished_at": now(), **columns}, event=told)
