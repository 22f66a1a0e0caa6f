"""Begin, finish, postpone, park and recover claimed work; every step checks the fence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.clock import now
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.types import ClaimedItem

# Only what a worker has begun counts as an attempt: messages lost on the way say nothing against the work itself.
# Not waited for on disk: a lease that a crash takes back is the dispatcher's again, only earlier.
_BEGIN = """
WITH hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE "public".dispatch_workitem w
   SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s), attempt = w.attempt + 1
  FROM hasty, unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held(id, fence)
 WHERE w.id = held.id AND w.fence = held.fence AND w.state = 'leased' AND w.kind = %(kind)s
RETURNING w.id, w.tenant_id, w.kind, w.ref, w.fence, w.attempt
"""

_EXTEND = """
UPDATE "public".dispatch_workitem w SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held(id, fence)
 WHERE w.id = held.id AND w.fence = held.fence AND w.state = 'leased'
RETURNING w.id
"""

_FINISH = """
DELETE FROM "public".dispatch_workitem w USING unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held(id, fence)
 WHERE w.id = held.id AND w.fence = held.fence AND w.state = 'leased'
"""

# What returns to the queue may find an item of its ``dedupe`` there, put in since it was claimed: that one does the work
# of both then. It is due with the earlier and has been tried as often as the other. Rows come in one order, so two
# statements that return items at once cannot wait for each other.
_RETURNED = """
returned AS (
    INSERT INTO "public".dispatch_workitem AS w
           (id, tenant_id, lane, kind, ref, dedupe, state, run_at, fence, attempt, error, created_at)
    SELECT DISTINCT ON (tenant_id, dedupe, CASE WHEN dedupe IS NULL THEN id END)
           id, tenant_id, lane, kind, ref, dedupe, 'ready', due, fence, tried, left(said, 400), created_at
      FROM taken ORDER BY tenant_id, dedupe, CASE WHEN dedupe IS NULL THEN id END, tried DESC
    ON CONFLICT (tenant_id, dedupe) WHERE state = 'ready' DO UPDATE
       SET run_at = least(w.run_at, excluded.run_at), attempt = greatest(w.attempt, excluded.attempt),
           error = excluded.error
    RETURNING w.tenant_id, w.lane, w.run_at)
"""

_POSTPONE = f"""
WITH taken AS (
    DELETE FROM "public".dispatch_workitem WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased'
    RETURNING *, %(at)s::timestamptz AS due, greatest(0, attempt - %(returned)s) AS tried, %(error)s::text AS said),
{_RETURNED}
SELECT tenant_id, lane, run_at FROM returned
"""  # noqa: S608 - parts of our own, their values are parameters

_PARK = """
UPDATE "public".dispatch_workitem SET state = 'parked', lease_until = NULL, error = left(%(error)s, 400)
 WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased'
"""

_RELEASE = f"""
WITH taken AS (
    DELETE FROM "public".dispatch_workitem WHERE id = %(id)s AND tenant_id = %(tenant)s AND state = 'parked'
    RETURNING *, clock_timestamp() AS due, 0 AS tried, error AS said),
{_RETURNED}
SELECT tenant_id, lane, run_at FROM returned
"""  # noqa: S608 - parts of our own, their values are parameters

# Lanes are opened by whoever makes an item ready; a worker's own items may belong to a lane nobody has opened yet.
_WAKE = """
INSERT INTO "public".dispatch_lane AS l (tenant_id, lane, next_due, touched_at)
VALUES (%(tenant)s, %(lane)s, %(at)s, clock_timestamp())
ON CONFLICT (tenant_id, lane) DO UPDATE SET next_due = least(l.next_due, excluded.next_due)
"""

_RECOVER = f"""
WITH taken AS (
    DELETE FROM "public".dispatch_workitem
     WHERE id IN (SELECT id FROM "public".dispatch_workitem
                   WHERE state = 'leased' AND lease_until < clock_timestamp() LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING *, clock_timestamp() AS due, attempt AS tried, error AS said),
{_RETURNED},
woken AS (
    INSERT INTO "public".dispatch_lane (tenant_id, lane, next_due, touched_at)
    SELECT tenant_id, lane, clock_timestamp(), clock_timestamp() FROM returned GROUP BY tenant_id, lane ORDER BY 1, 2
    ON CONFLICT (tenant_id, lane) DO UPDATE SET next_due = clock_timestamp())
SELECT count(*) FROM taken
"""  # noqa: S608 - parts of our own, their values are parameters

_REOPEN = """
UPDATE "public".dispatch_lane l SET next_due = w.at
  FROM (SELECT tenant_id, lane, min(run_at) AS at FROM "public".dispatch_workitem
         WHERE state = 'ready' GROUP BY tenant_id, lane) w
 WHERE l.tenant_id = w.tenant_id AND l.lane = w.lane AND l.next_due > w.at
   AND l.next_due > clock_timestamp() + interval '2 seconds'
"""


def begin(*, kind: str, held: Mapping[int, int], lease_seconds: int) -> list[ClaimedItem]:
    """Start the items of the kind whose fence still holds (``held``: id to fence), leased for as long as they may take."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, _pairs(held) | {"lease": lease_seconds, "kind": kind})
        return [ClaimedItem(*row) for row in cursor.fetchall()]


def extend(*, held: Mapping[int, int], lease_seconds: int) -> set[int]:
    """Lease begun items for longer; return the ids of those that are still the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, _pairs(held) | {"lease": lease_seconds})
        return {row[0] for row in cursor.fetchall()}


def finish(items: Sequence[ClaimedItem]) -> None:
    """Delete the done items inside the caller's transaction; raise FenceLost if any was taken away meanwhile."""
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, _pairs({item.id: item.fence for item in items}))
        if cursor.rowcount != len(items):
            raise FenceLost(f"{len(items) - cursor.rowcount} of {len(items)} items are no longer ours")


def postpone(item: ClaimedItem, *, at: datetime, error: str = "", untried: bool = False) -> None:
    """Give the item back, to be claimed again at ``at``. Does nothing if the fence is lost.

    ``untried``: it was begun, but its work could not be tried, so this does not count as an attempt.
    """
    values: dict[str, Any] = {
        "id": item.id,
        "fence": item.fence,
        "at": at,
        "error": error,
        "returned": int(untried),
    }
    with connection.cursor() as cursor:
        cursor.execute(_POSTPONE, values)
        _wake(cursor)


def release(items: Sequence[ClaimedItem]) -> None:
    """Give items back that their worker was leased and has not begun, to be claimed at once, by anybody."""
    for item in items:
        postpone(item, at=now(), untried=True)


def park(item: ClaimedItem, *, error: str) -> bool:
    """Take the item out of circulation until somebody looks at it; return False if the fence is lost."""
    with connection.cursor() as cursor:
        cursor.execute(_PARK, {"id": item.id, "fence": item.fence, "error": error})
        return bool(cursor.rowcount)


def release_parked(*, tenant_id: UUID, item_id: int) -> bool:
    """Put a parked item of the tenant back into the queue as if it had never been tried; False if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"id": item_id, "tenant": tenant_id})
        return _wake(cursor)


def recover_expired() -> int:
    """Make items ready again whose lease ran out; return how many. The next claim moves their fence on."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOVER)
        return int(cursor.fetchone()[0])


def reopen_lanes() -> int:
    """Correct lanes that promise to be due later than their earliest item; return how many (normally none)."""
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN)
        return int(cursor.rowcount)


def cancel_work_of(*, tenant_id: UUID, refs: Sequence[UUID]) -> int:
    """Delete the ready items that refer to one of ``refs``, such as timers nobody waits for any more."""
    if not refs:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM \"public\".dispatch_workitem WHERE tenant_id = %s AND ref = ANY(%s) AND state = 'ready'",
            [tenant_id, list(refs)],
        )
        return int(cursor.rowcount)


def _wake(cursor: Any) -> bool:
    """Have the lane of the item that has just returned looked at when it is due; return whether there was one."""
    row = cursor.fetchone()
    if row is not None:
        cursor.execute(_WAKE, dict(zip(("tenant", "lane", "at"), row, strict=True)))
    return row is not None


def _pairs(held: Mapping[int, int]) -> dict[str, Any]:
    return {"ids": list(held.keys()), "fences": list(held.values())}
