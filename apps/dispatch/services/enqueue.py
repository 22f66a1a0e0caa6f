"""Put work into the queue, in the transaction of the state that needs it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.clock import now
from apps.dispatch import bell
from apps.dispatch.registry import require_kind
from apps.dispatch.types import WorkItemSpec

# The enqueuer leaves a lane alone that somebody touched within TOUCH_SECONDS, and a dispatcher closes only lanes
# untouched for twice as long; a transaction is far shorter than that, so no item is left in a closed lane.
TOUCH_SECONDS = 5

_INSERT = """
INSERT INTO "public".dispatch_workitem (tenant_id, lane, kind, ref, dedupe, state, run_at, fence, attempt, created_at)
SELECT %(tenant)s, x.lane, x.kind, x.ref, x.dedupe, 'ready', coalesce(x.run_at, clock_timestamp()), 0, 0, clock_timestamp()
  FROM unnest(%(lanes)s::text[], %(kinds)s::text[], %(refs)s::uuid[], %(dedupes)s::text[], %(run_ats)s::timestamptz[])
       AS x(lane, kind, ref, dedupe, run_at)
ON CONFLICT (tenant_id, dedupe) WHERE state = 'ready' DO NOTHING
"""

_TOUCH = """
INSERT INTO "public".dispatch_lane AS l (tenant_id, lane, next_due, touched_at, virtual_time)
SELECT %(tenant)s, x.lane, min(coalesce(x.run_at, clock_timestamp())), clock_timestamp(),
       coalesce((SELECT min(virtual_time) FROM "public".dispatch_lane WHERE next_due <= clock_timestamp()), 0)
  FROM unnest(%(lanes)s::text[], %(run_ats)s::timestamptz[]) AS x(lane, run_at)
 GROUP BY x.lane
ON CONFLICT (tenant_id, lane) DO UPDATE
   SET virtual_time = CASE WHEN l.next_due > clock_timestamp()
                           THEN greatest(l.virtual_time, excluded.virtual_time) ELSE l.virtual_time END,
       next_due = least(l.next_due, excluded.next_due), touched_at = clock_timestamp()
 WHERE l.next_due > excluded.next_due OR l.touched_at < clock_timestamp() - make_interval(secs => %(touch)s)
"""


def enqueue_many(*, tenant_id: UUID, specs: Sequence[WorkItemSpec]) -> None:
    """Insert the items for the tenant and wake a dispatcher after commit; call it last in the transaction."""
    if not specs:
        return
    lanes = [spec.lane or require_kind(spec.kind).lane for spec in specs]
    run_ats = [spec.run_at for spec in specs]
    parameters: dict[str, Any] = {
        "tenant": tenant_id,
        "lanes": lanes,
        "kinds": [spec.kind for spec in specs],
        "refs": [spec.ref for spec in specs],
        "dedupes": [spec.dedupe for spec in specs],
        "run_ats": run_ats,
        "touch": TOUCH_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, parameters)
        cursor.execute(_TOUCH, parameters)
    if any(at is None or at <= now() for at in run_ats):
        transaction.on_commit(bell.ring)
