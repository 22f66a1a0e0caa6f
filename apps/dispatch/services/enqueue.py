"""Put work into the queue, in the transaction of the state that needs it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.clock import now
from apps.dispatch import bell, continuation
from apps.dispatch.registry import require_kind
from apps.dispatch.types import ClaimedItem, WorkItemSpec

# The enqueuer leaves a lane alone that somebody touched within TOUCH_SECONDS, and a dispatcher closes only lanes
# untouched for twice as long; a transaction is far shorter than that, so no item is left in a closed lane.
TOUCH_SECONDS = 5

# One statement; what it says first of lanes is done last, so rows are locked in one order everywhere: items, then lanes.
_ENQUEUE = """
WITH given AS MATERIALIZED (
    SELECT lane, kind, ref, dedupe, coalesce(run_at, clock_timestamp()) AS run_at, lease
      FROM unnest(%(lanes)s::text[], %(kinds)s::text[], %(refs)s::uuid[], %(dedupes)s::text[],
                  %(run_ats)s::timestamptz[], %(leases)s::float8[]) AS x(lane, kind, ref, dedupe, run_at, lease)),
touched AS (
    INSERT INTO "public".dispatch_lane AS l (tenant_id, lane, next_due, touched_at, virtual_time)
    SELECT %(tenant)s, lane, min(run_at), clock_timestamp(),
           coalesce((SELECT min(virtual_time) FROM "public".dispatch_lane WHERE next_due <= clock_timestamp()), 0)
      FROM given WHERE lease IS NULL GROUP BY lane
    ON CONFLICT (tenant_id, lane) DO UPDATE
       SET virtual_time = CASE WHEN l.next_due > clock_timestamp()
                               THEN greatest(l.virtual_time, excluded.virtual_time) ELSE l.virtual_time END,
           next_due = least(l.next_due, excluded.next_due), touched_at = clock_timestamp()
     WHERE l.next_due > excluded.next_due
        OR l.touched_at < clock_timestamp() - make_interval(secs => %(touch)s))
INSERT INTO "public".dispatch_workitem
       (tenant_id, lane, kind, ref, dedupe, state, run_at, fence, attempt, lease_until, created_at)
SELECT %(tenant)s, lane, kind, ref, dedupe, CASE WHEN lease IS NULL THEN 'ready' ELSE 'leased' END, run_at,
       CASE WHEN lease IS NULL THEN 0 ELSE 1 END, CASE WHEN lease IS NULL THEN 0 ELSE 1 END,
       clock_timestamp() + make_interval(secs => lease), clock_timestamp()
  FROM given
ON CONFLICT (tenant_id, dedupe) WHERE state = 'ready' DO NOTHING
RETURNING id, tenant_id, kind, ref, fence, attempt
"""


def enqueue_many(*, tenant_id: UUID, specs: Sequence[WorkItemSpec]) -> None:
    """Insert the items for the tenant and wake a dispatcher after commit; call it last in the transaction.

    In a worker, what is due at once and of an inline kind is leased to it from birth (``continuation``).
    """
    if not specs:
        return
    leases = [_own_lease(spec) for spec in specs]
    others = [spec for spec, lease in zip(specs, leases, strict=True) if lease is None]
    parameters: dict[str, Any] = {
        "tenant": tenant_id,
        "lanes": [_lane_of(spec) for spec in specs],
        "kinds": [spec.kind for spec in specs],
        "refs": [spec.ref for spec in specs],
        "dedupes": [spec.dedupe for spec in specs],
        "run_ats": [spec.run_at for spec in specs],
        "leases": leases,
        "touch": TOUCH_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENQUEUE, parameters)
        rows = [ClaimedItem(*row) for row in cursor.fetchall()]
    continuation.collect([row for row in rows if row.fence == 1])
    if any(spec.run_at is None or spec.run_at <= now() for spec in others):
        transaction.on_commit(bell.ring)


def _lane_of(spec: WorkItemSpec) -> str:
    return spec.lane or require_kind(spec.kind).lane


def _own_lease(spec: WorkItemSpec) -> float | None:
    """Return how long the running worker leases the item, or None where a dispatcher is to hand it out."""
    if not continuation.is_collecting() or spec.run_at is not None or spec.dedupe is not None:
        return None
    kind = require_kind(spec.kind)
    return float(kind.lease_seconds) if kind.inline else None
