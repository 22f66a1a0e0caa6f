"""Put work into the queue, in the transaction of the state that needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.clock import now
from apps.dispatch import bell, continuation
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.registry import require_kind
from apps.dispatch.types import ClaimedItem, WorkItemSpec

# The enqueuer leaves a lane alone that somebody touched within TOUCH_SECONDS, and a dispatcher closes only lanes
# untouched for twice as long; a transaction is far shorter than that, so no item is left in a closed lane.
TOUCH_SECONDS = 5

# One statement; what it says first of lanes is done last, so rows are locked in one order everywhere: items, then lanes.
_ENQUEUE = """
given AS MATERIALIZED (
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
        OR l.touched_at < clock_timestamp() - make_interval(secs => %(touch)s)),
queued AS (
    INSERT INTO "public".dispatch_workitem
           (tenant_id, lane, kind, ref, dedupe, state, run_at, fence, attempt, lease_until, created_at)
    SELECT %(tenant)s, lane, kind, ref, dedupe, CASE WHEN lease IS NULL THEN 'ready' ELSE 'leased' END, run_at,
           CASE WHEN lease IS NULL THEN 0 ELSE 1 END, CASE WHEN lease IS NULL THEN 0 ELSE 1 END,
           clock_timestamp() + make_interval(secs => lease), clock_timestamp()
      FROM given
    ON CONFLICT (tenant_id, dedupe) WHERE state = 'ready' DO NOTHING
    RETURNING id, tenant_id, kind, ref, fence, attempt)
"""
_FINISH = """
done AS (
    DELETE FROM "public".dispatch_workitem w
     USING unnest(%(done_ids)s::bigint[], %(done_fences)s::bigint[]) AS held(id, fence)
     WHERE w.id = held.id AND w.fence = held.fence AND w.state = 'leased'
    RETURNING w.id)
"""


@dataclass(frozen=True, slots=True)
class Alongside:
    """Further parts of the statement, written by those above: common table expressions and their parameters.

    ``answer`` is an expression over these tables for a whole number that the caller wants to know.
    """

    tables: Sequence[str]
    parameters: Mapping[str, Any]
    answer: str = "0"


def enqueue_many(
    *,
    tenant_id: UUID,
    specs: Sequence[WorkItemSpec],
    done: Sequence[ClaimedItem] = (),
    alongside: Alongside | None = None,
) -> int:
    """Insert the items for the tenant and wake a dispatcher after commit; call it last in the transaction.

    In a worker, what is due at once and of an inline kind is leased to it from birth (``continuation``). ``done`` are
    items whose work this transaction is: they are deleted, or FenceLost is raised if one was taken away meanwhile. All
    of it, and what is to be written ``alongside``, is one statement; its answer is returned, or 0.
    """
    tables = list(alongside.tables) if alongside else []
    parameters: dict[str, Any] = dict(alongside.parameters) if alongside else {}
    if specs:
        tables.append(_ENQUEUE)
        parameters |= _parameters(tenant_id, specs)
    if done:
        tables.append(_FINISH)
        parameters |= {
            "done_ids": [item.id for item in done],
            "done_fences": [item.fence for item in done],
        }
    if not tables:
        return 0
    answer = alongside.answer if alongside else "0"
    finished = "(SELECT count(*) FROM done)" if done else "0"
    queued = "queued" if specs else "(SELECT NULL::bigint AS id, NULL, NULL, NULL, NULL, NULL) AS queued"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {', '.join(tables)} "  # noqa: S608 - parts of our own, their values are parameters
            f"SELECT {answer}, {finished}, queued.* FROM (SELECT) AS one LEFT JOIN {queued} ON true",
            parameters,
        )
        rows = cursor.fetchall()
    answered, kept = rows[0][:2]
    if kept != len(done):
        raise FenceLost(f"{len(done) - kept} of {len(done)} items are no longer ours")
    made = [ClaimedItem(*row[2:]) for row in rows if row[2] is not None]
    continuation.collect([item for item in made if item.fence == 1])
    if any(spec.run_at is None or spec.run_at <= now() for spec in specs if _own_lease(spec) is None):
        transaction.on_commit(bell.ring)
    return int(answered)


def _parameters(tenant_id: UUID, specs: Sequence[WorkItemSpec]) -> dict[str, Any]:
    return {
        "tenant": tenant_id,
        "lanes": [_lane_of(spec) for spec in specs],
        "kinds": [spec.kind for spec in specs],
        "refs": [spec.ref for spec in specs],
        "dedupes": [spec.dedupe for spec in specs],
        "run_ats": [spec.run_at for spec in specs],
        "leases": [_own_lease(spec) for spec in specs],
        "touch": TOUCH_SECONDS,
    }


def _lane_of(spec: WorkItemSpec) -> str:
    return spec.lane or require_kind(spec.kind).lane


def _own_lease(spec: WorkItemSpec) -> float | None:
    """Return how long the running worker leases the item, or None where a dispatcher is to hand it out."""
    if not continuation.is_collecting() or spec.run_at is not None or spec.dedupe is not None:
        return None
    kind = require_kind(spec.kind)
    return float(kind.lease_seconds) if kind.inline else None
