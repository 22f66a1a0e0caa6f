"""The work of a bulk operation: find the targets, look at each, do it to each in a transaction of its own."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from apps.accounts.selectors.acting import actor_today
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.ledger.services import attempt, unit_of_work
from apps.workflows.bulk import FOUND, BulkCommand, Verdict, find_bulk_command
from apps.workflows.choices import BulkItemState, BulkStatus
from apps.workflows.models import BulkItem, BulkOperation
from apps.workflows.selectors.bulk import count_items, find_targets

log = structlog.get_logger(__name__)

LOOKED_AT = 200
"""Targets looked at in one transaction."""
PORTION = 40
PORTION_SECONDS = 4.0
"""A worker does at most so many, for at most so long, before others get their turn."""
_GONE = Verdict(refused="It is no longer there.")


def collect(operation: BulkOperation) -> None:
    """Keep the list of targets as the filter finds them now; part of the caller's transaction."""
    rows = (
        BulkItem(operation_id=operation.id, target=one.target, run_id=one.run_id, label=one.label[:400])
        for one in find_targets(operation)
    )
    BulkItem.objects.bulk_create(rows, batch_size=1_000)


def sizes(operation: BulkOperation) -> dict[str, Any]:
    """Return the columns that say how far the operation is."""
    counts = count_items(operation.id)
    return {"total": sum(counts.values()), "counts": counts}


def check_all(operation: BulkOperation, actor: Actor) -> None:
    """Look at every target that nobody has looked at; part of the caller's transaction."""
    while check_some(operation, actor):
        pass


def check_some(operation: BulkOperation, actor: Actor) -> bool:
    """Look at some more targets; return whether there were any."""
    unseen = BulkItem.objects.filter(operation_id=operation.id, state=BulkItemState.UNCHECKED)
    items = list(unseen.order_by("id")[:LOOKED_AT])
    if not items:
        return False
    found = command_of(operation).preview([item.target for item in items], operation.parameters, actor)
    for item in items:
        verdict = found.get(item.target, _GONE)
        item.state = BulkItemState.REFUSED if verdict.refused else BulkItemState.PENDING
        item.why, item.note, item.details = verdict.refused, verdict.note, verdict.details
    BulkItem.objects.bulk_update(items, ["state", "why", "note", "details"])
    return True


def perform_some(operation: BulkOperation, actor: Actor) -> int:
    """Do the command to some pending targets while the operation runs; return how many were dealt with."""
    ends, done = time.monotonic() + PORTION_SECONDS, 0
    for item_id in _pending(operation.id):
        if time.monotonic() > ends or not _is_running(operation.id):
            break
        done += perform_one(operation, item_id, actor)
    return done


def perform_one(operation: BulkOperation, item_id: UUID, actor: Actor) -> int:
    """Do it to one target, once, whoever else tries: the item's row is locked and moves in the same transaction."""
    with unit_of_work(actor, reason=operation.reason):
        waiting = BulkItem.objects.select_for_update(skip_locked=True).filter(state=BulkItemState.PENDING)
        item = waiting.filter(pk=item_id).first()
        if item is None:
            return 0
        _do(operation, item, actor)
        item.done_at = now()
        item.save(update_fields=["state", "note", "why", "done_at"])
        return 1


def command_of(operation: BulkOperation) -> BulkCommand:
    """Return the operation's command; raise LookupError if no app offers it any more."""
    command = find_bulk_command(operation.command)
    if command is None:
        raise LookupError(f"unknown bulk command {operation.command!r}")
    return command


def actor_of(operation: BulkOperation) -> Actor | None:
    """Return who does it, with today's rights; None if he may no longer act here."""
    return actor_today(operation.actor)


def _do(operation: BulkOperation, item: BulkItem, actor: Actor) -> None:
    try:
        with attempt():
            command, given = command_of(operation), operation.parameters
            given = {**given, FOUND: item.details} if command.remembers else given
            note = command.perform(item.target, given, actor, operation.reason)
        item.state, item.note = BulkItemState.DONE, note or item.note
    except DomainError as error:
        item.state, item.why = BulkItemState.REFUSED, error.detail
    except (OperationalError, InterfaceError):
        raise  # the database, not the target: the portion is tried again
    except Exception as error:
        log.exception("bulk.item_failed", command=operation.command, target=str(item.target))
        item.state, item.why = BulkItemState.FAILED, f"It failed on our side ({type(error).__name__})."


def _pending(operation_id: UUID) -> Sequence[UUID]:
    waiting = BulkItem.objects.filter(operation_id=operation_id, state=BulkItemState.PENDING)
    return list(waiting.order_by("id").values_list("id", flat=True)[:PORTION])


def _is_running(operation_id: UUID) -> bool:
    return BulkOperation.objects.filter(pk=operation_id, status=BulkStatus.RUNNING).exists()
