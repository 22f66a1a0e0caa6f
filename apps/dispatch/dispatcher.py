"""The dispatcher's loop: claim due items, hand them to Celery, sweep. Any number may run."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from apps.core.clock import now
from apps.core.outages import is_outage
from apps.dispatch import bell
from apps.dispatch.metrics import CLAIMED, RECOVERED
from apps.dispatch.registry import get_kind
from apps.dispatch.services import claim, settle
from apps.dispatch.tasks import execute_items
from apps.dispatch.types import ClaimedItem

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
# What came back this often without a word may kill its workers; alone it takes nobody of its batch with it.
ALONE_AFTER_ATTEMPTS = 2
IDLE_SECONDS = 0.25
# At once when idle; under load not more often than this, so that a claim, its commit and its messages carry more.
PACE_SECONDS = 0.02
LANES = ("interactive", "events", "actions", "messages", "webhooks", "timers", "bulk", "platform")


def run_forever(stopping: Callable[[], bool]) -> None:
    """Dispatch until ``stopping`` says so; trouble with PostgreSQL or Redis is waited out."""
    swept_at = claimed_at = 0.0
    while not stopping():
        try:
            time.sleep(max(0.0, claimed_at + PACE_SECONDS - time.monotonic()))
            claimed_at = time.monotonic()
            # Noted before it is done: sweeping that fails keeps nothing from being dispatched until the next.
            if time.monotonic() - swept_at > SWEEP_SECONDS:
                swept_at = time.monotonic()
                sweep()
            if not dispatch_due():
                bell.wait(IDLE_SECONDS)
        except DatabaseError as error:
            if is_outage(error):
                log.warning("dispatch.database_away", error=str(error)[:200])
            else:
                log.exception("dispatch.failed")
            connection.close()
            time.sleep(0.5)


def dispatch_due() -> int:
    """Claim as much due work as the workers have room for and publish it; return how many items were claimed."""
    room = settings.DISPATCH_OUTSTANDING - claim.count_leased(lanes=LANES)
    if room <= 0:
        time.sleep(0.01)
        return 0
    items = claim.claim_due(lanes=LANES, limit=min(room, 100))
    CLAIMED.inc(len(items))
    for batch in batches(items):
        _publish(batch)
    return len(items)


def batches(items: list[ClaimedItem]) -> list[list[ClaimedItem]]:
    """Group the items into messages: one tenant and kind each, as many as the kind takes at once; suspects alone."""
    result: list[list[ClaimedItem]] = [[item] for item in items if item.attempt >= ALONE_AFTER_ATTEMPTS]
    trusted = [item for item in items if item.attempt < ALONE_AFTER_ATTEMPTS]
    grouped = groupby(sorted(trusted, key=_tenant_and_kind), key=_tenant_and_kind)
    for (_tenant, kind_name), group in grouped:
        members, kind = list(group), get_kind(kind_name)
        size = kind.batch if kind else 1
        result.extend(members[start : start + size] for start in range(0, len(members), size))
    return result


def sweep() -> None:
    """Recover what crashed workers and lost messages left behind."""
    recovered = settle.recover_expired()
    if recovered:
        RECOVERED.inc(recovered)
        log.warning("dispatch.recovered", items=recovered)
    reopened = settle.reopen_lanes()
    if reopened:
        log.warning("dispatch.reopened", lanes=reopened)


def _publish(batch: list[ClaimedItem]) -> None:
    try:
        execute_items.apply_async(
            args=(batch[0].kind, [[item.id, item.fence] for item in batch]), retry=False, ignore_result=True
        )
    except Exception as error:  # noqa: BLE001 - any failure of the broker means the same: the items stay due
        log.warning("dispatch.broker_away", error=str(error)[:200])
        for item in batch:
            settle.postpone(item, at=_soon())
        time.sleep(0.2)


def _soon() -> datetime:
    return now() + timedelta(seconds=1)


def _tenant_and_kind(item: ClaimedItem) -> tuple[str, str]:
    return str(item.tenant_id), item.kind
