"""Claim due work fairly over tenants: lanes with the least virtual time first, a few items from each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from apps.dispatch.types import ClaimedItem

# While dispatched but not started an item is leased this long; a message lost in Redis costs one such time-out.
DISPATCH_SECONDS = 10
PER_LANE = 32
_CLOSE_AFTER_SECONDS = 10
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a lane without items is next due."""

_CLAIM = """
WITH lanes AS MATERIALIZED (
    SELECT id, tenant_id, lane, weight, max_inflight
      FROM "public".dispatch_lane
     WHERE next_due <= clock_timestamp() AND lane = ANY(%(lanes)s)
     ORDER BY virtual_time LIMIT %(lane_limit)s FOR UPDATE SKIP LOCKED),
picked AS MATERIALIZED (
    SELECT item.id, lanes.id AS lane_id
      FROM lanes CROSS JOIN LATERAL (
        SELECT w.id FROM "public".dispatch_workitem w
         WHERE w.tenant_id = lanes.tenant_id AND w.lane = lanes.lane
           AND w.state = 'ready' AND w.run_at <= clock_timestamp()
         ORDER BY w.run_at, w.id
         LIMIT least(%(per_lane)s, greatest(0, lanes.max_inflight - (
             SELECT count(*) FROM "public".dispatch_workitem f
              WHERE f.tenant_id = lanes.tenant_id AND f.lane = lanes.lane AND f.state = 'leased')))
           FOR UPDATE SKIP LOCKED) item
     LIMIT %(limit)s),
leased AS (
    UPDATE "public".dispatch_workitem w
       SET state = 'leased', fence = w.fence + 1,
           lease_until = clock_timestamp() + make_interval(secs => %(dispatch_seconds)s)
      FROM picked WHERE w.id = picked.id
    RETURNING w.id, w.tenant_id, w.kind, w.ref, w.fence, w.attempt, picked.lane_id),
charged AS (
    UPDATE "public".dispatch_lane l
       SET virtual_time = l.virtual_time + n.items / l.weight
      FROM (SELECT lane_id, count(*) AS items FROM leased GROUP BY lane_id) n WHERE l.id = n.lane_id)
SELECT id, tenant_id, kind, ref, fence, attempt, lane_id FROM leased ORDER BY id
"""

# A lane that gave nothing has only later items, items of others, or none: look again when the next is due.
_RESET = """
WITH idle AS MATERIALIZED (
    SELECT id, tenant_id, lane, touched_at FROM "public".dispatch_lane
     WHERE next_due <= clock_timestamp() AND lane = ANY(%(lanes)s) AND NOT id = ANY(%(busy)s)
     ORDER BY virtual_time LIMIT %(lane_limit)s FOR UPDATE SKIP LOCKED)
UPDATE "public".dispatch_lane l
   SET next_due = CASE
         WHEN due.at <= clock_timestamp() THEN clock_timestamp() + interval '100 milliseconds'
         WHEN idle.touched_at > clock_timestamp() - make_interval(secs => %(close_after)s)
           THEN least(coalesce(due.at, %(never)s), clock_timestamp() + interval '1 second')
         ELSE coalesce(due.at, %(never)s) END
  FROM idle LEFT JOIN LATERAL (
        SELECT min(run_at) AS at FROM "public".dispatch_workitem w
         WHERE w.tenant_id = idle.tenant_id AND w.lane = idle.lane AND w.state = 'ready') due ON true
 WHERE l.id = idle.id
"""


def claim_due(*, lanes: Sequence[str], limit: int) -> list[ClaimedItem]:
    """Lease up to ``limit`` due items of the named lanes, fairly over tenants, and return them."""
    parameters: dict[str, Any] = {
        "lanes": list(lanes),
        "lane_limit": max(8, limit),
        "per_lane": PER_LANE,
        "limit": limit,
        "dispatch_seconds": DISPATCH_SECONDS,
        "close_after": _CLOSE_AFTER_SECONDS,
        "never": NEVER,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        rows = cursor.fetchall()
        if len(rows) < limit:
            # In a statement of its own, so that it sees what was committed before the lanes were locked.
            cursor.execute(_RESET, parameters | {"busy": [row[6] for row in rows]})
    return [ClaimedItem(*row[:6]) for row in rows]


def count_leased(*, lanes: Sequence[str]) -> int:
    """Return how many items of the lanes are with workers or on the way to them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM \"public\".dispatch_workitem WHERE state = 'leased' AND lane = ANY(%s)",
            [list(lanes)],
        )
        return int(cursor.fetchone()[0])
