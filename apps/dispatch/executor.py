"""Run claimed items in their tenant; called by the Celery task."""

import time
from datetime import timedelta
from threading import local

import structlog
from django.db import transaction

from apps.core.clock import now
from apps.core.context import bind_request_id
from apps.core.outages import is_outage
from apps.dispatch.backoff import next_try
from apps.dispatch.continuation import MAX_HOPS, MAX_SECONDS, collecting
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.metrics import ITEMS
from apps.dispatch.models.queue import PLATFORM
from apps.dispatch.registry import Outcome, WorkKind, get_kind, parked_listener, require_kind
from apps.dispatch.services import settle
from apps.dispatch.types import ClaimedItem
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.exceptions import UnknownTenant

log = structlog.get_logger(__name__)

FRESH_SECONDS = 5.0
"""How long after a message began the leases of the items it has made are surely good; shorter than every lease."""
UNREADY_SECONDS = 60.0
"""How often work of a tenant that is not ready (provisioned, suspended) is looked at again."""
CONNECTION_SECONDS = 60.0
"""How long a worker's thread keeps its connection; what a backend remembers of schemas is freed with it."""
_held = local()


def execute(kind_name: str, held: dict[int, int]) -> None:
    """Run the items as ``execute_here`` does, on the thread's own connection, which goes back to the pool now and then."""
    try:
        execute_here(kind_name, held)
    finally:
        connection.set_schema_to_nobody()
        if connection.errors_occurred or time.monotonic() - _since() > CONNECTION_SECONDS:
            connection.close()
            _held.since = None


def _since() -> float:
    """Return when the thread took its connection."""
    held: float | None = getattr(_held, "since", None)
    if held is None:
        held = _held.since = time.monotonic()
    return held


def execute_here(kind_name: str, held: dict[int, int]) -> None:
    """Run the items of one kind and one tenant (``held``: id to fence) that are still ours."""
    kind = get_kind(kind_name)
    if kind is None:
        # A newer process enqueued it: leave the lease to run out, a process that knows the kind will get it.
        log.warning("work.unknown_kind", kind=kind_name)
        return
    items = settle.begin(kind=kind_name, held=held, lease_seconds=kind.lease_seconds)
    if items:
        _run_in_tenant(kind, items)


def _run_in_tenant(kind: WorkKind, items: list[ClaimedItem]) -> None:
    tenant_id = items[0].tenant_id
    if tenant_id is None or any(item.tenant_id != tenant_id for item in items):
        raise ValueError("a batch of work belongs to exactly one tenant")
    with bind_request_id():
        try:
            with platform_context() if tenant_id == PLATFORM else tenant_context(tenant_id):
                _run_and_go_on(kind, items)
        except UnknownTenant:
            for item in items:
                at = now() + timedelta(seconds=UNREADY_SECONDS)
                settle.postpone(item, at=at, error="tenant is not ready", untried=True)


def _run_and_go_on(kind: WorkKind, items: list[ClaimedItem]) -> None:
    """Run the items, then what they led to and this worker has leased, for a bounded while."""
    began = time.monotonic()
    ends = began + MAX_SECONDS
    with collecting() as more:
        _run(kind, items)
        for _hop in range(MAX_HOPS):
            if not more or time.monotonic() > ends:
                break
            next_kind = require_kind(more[0].kind)
            batch = [item for item in more if item.kind == next_kind.name][: next_kind.batch]
            more[:] = [item for item in more if item not in batch]
            stale = time.monotonic() - began > FRESH_SECONDS
            _run(next_kind, _still_ours(next_kind, batch) if stale else batch)
    settle.release(more)


def _still_ours(kind: WorkKind, items: list[ClaimedItem]) -> list[ClaimedItem]:
    """Renew the leases of items made earlier in this message; what came before may have taken longer than they last."""
    kept = settle.extend(held={item.id: item.fence for item in items}, lease_seconds=kind.lease_seconds)
    return [item for item in items if item.id in kept]


def _run(kind: WorkKind, items: list[ClaimedItem]) -> None:
    items = _without_poison(kind, items)
    if not items:
        return
    try:
        again = kind.handler(items)
        if again is None:
            settle.finish(items)
        else:
            _settle_rest(items, again)
    except FenceLost:
        ITEMS.labels(kind.name, "fenced").inc(len(items))
        log.info("work.fence_lost", kind=kind.name)
    except Exception as error:
        ITEMS.labels(kind.name, "failed").inc(len(items))
        log.exception("work.failed", kind=kind.name, items=len(items))
        _give_back(kind, items, error)
    else:
        ITEMS.labels(kind.name, "done").inc(len(items))


def _without_poison(kind: WorkKind, items: list[ClaimedItem]) -> list[ClaimedItem]:
    """Park what was claimed too often without anybody coming back to say why: it kills its workers."""
    poison = [item for item in items if item.attempt > kind.max_attempts]
    if poison:
        _give_back(kind, poison, RuntimeError("the worker did not survive it"))
    return [item for item in items if item.attempt <= kind.max_attempts]


def _settle_rest(items: list[ClaimedItem], again: Outcome) -> None:
    """A handler that returns an outcome has finished its own items, save those it wants to see again."""
    for item in items:
        retry = again.get(item.id)
        if retry is not None:
            settle.postpone(item, at=retry.at, untried=retry.untried)


def _give_back(kind: WorkKind, items: list[ClaimedItem], error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"
    outage = is_outage(error)
    for item in items:
        if outage:
            settle.postpone(item, at=next_try(item.attempt), error=message, untried=True)
        elif item.attempt >= kind.max_attempts:
            _park(kind, item, message)
        else:
            settle.postpone(item, at=next_try(item.attempt), error=message)


def _park(kind: WorkKind, item: ClaimedItem, message: str) -> None:
    """Park the item and tell its owner, both or neither; whoever lost the fence has nothing to say any more."""
    with transaction.atomic():
        if not settle.park(item, error=message):
            return
        listener = parked_listener()
        if kind.on_parked:
            kind.on_parked(item.ref, message)
        elif listener is not None and item.tenant_id != PLATFORM:
            listener(item, message)
    log.error("work.parked", kind=kind.name, ref=str(item.ref))
