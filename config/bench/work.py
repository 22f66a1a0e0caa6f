"""``python -m config.bench.work PART``: what much waiting work does to the rest; writes ``bench-work.json``.

Parts: ``timers`` (half a million of them in the future), ``flood`` (a hundred thousand items of one tenant beside a
hundred small tenants), ``migration`` (ten thousand running runs to another version). The product runs beside it.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import F  # noqa: E402

from apps.core.actor import Actor  # noqa: E402
from apps.dispatch.models import WorkItem  # noqa: E402
from apps.workflows.choices import BulkStatus  # noqa: E402
from apps.workflows.models import BulkOperation, HistoryEntry, Run  # noqa: E402
from apps.workflows.services import publish_version, save_draft, start_run  # noqa: E402
from apps.workflows.services.bulk import START_AT_ONCE, prepare_bulk  # noqa: E402
from config.bench.crowd import multiply  # noqa: E402
from config.bench.report import percentile  # noqa: E402
from tenants.context import tenant_context  # noqa: E402

ACTOR = Actor.system("bench")
TIMERS, FLOOD, MIGRATED = 500_000, 100_000, 10_000
WAITING, WAIT_SECONDS = 300, 20
PATIENCE_SECONDS = 600.0
Tenants = Sequence[dict[str, Any]]

_FILL = """
INSERT INTO "public".dispatch_workitem (tenant_id, lane, kind, ref, state, run_at, fence, attempt, created_at)
SELECT %(tenant)s, 'timers', 'workflows.timer', gen_random_uuid(), 'ready',
       clock_timestamp() + make_interval(secs => %(first)s + n * %(apart)s), 0, 0, clock_timestamp()
  FROM generate_series(1, %(count)s) n
"""
_WAKE = """
INSERT INTO "public".dispatch_lane (tenant_id, lane, next_due, touched_at)
VALUES (%(tenant)s, 'timers', clock_timestamp(), clock_timestamp())
ON CONFLICT (tenant_id, lane) DO UPDATE SET next_due = clock_timestamp()
"""
_NEXT_DUE = """
SELECT min(run_at) FROM "public".dispatch_workitem WHERE tenant_id = %s AND lane = 'timers' AND state = 'ready'
"""


def timers(tenants: Tenants) -> dict[str, float]:
    """Return how late timers fire, and how long it takes to see the next one, with half a million in the future."""
    tenant = tenants[0]
    _fill(tenant, TIMERS, first=86_400, apart=2)
    looks = []
    with connection.cursor() as cursor:
        cursor.execute('ANALYZE "public".dispatch_workitem')
        for _ in range(200):
            began = time.perf_counter()
            cursor.execute(_NEXT_DUE, [tenant["id"]])
            cursor.fetchone()
            looks.append(time.perf_counter() - began)
    with tenant_context(UUID(tenant["id"])):
        runs = [_wait() for _ in range(WAITING)]
        late = _lateness(runs)
    _forget(tenant)
    return {
        "timers_next_due_ms": percentile(looks, 50) * 1000,
        "timers_late_p50_ms": percentile(late, 50) * 1000,
        "timers_late_p99_ms": percentile(late, 99) * 1000,
        "timers_early": float(sum(1 for seconds in late if seconds < 0)),
    }


def flood(tenants: Tenants) -> dict[str, float]:
    """Return how late small tenants' work begins while one tenant has a hundred thousand items ready."""
    big, small = tenants[0], tenants[1:101]
    runs = {}
    for tenant in small:
        with tenant_context(UUID(tenant["id"])):
            runs[tenant["id"]] = _wait()
    began = time.perf_counter()
    _fill(big, FLOOD, first=-1, apart=0)
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, {"tenant": big["id"]})
    late = []
    for tenant in small:
        with tenant_context(UUID(tenant["id"])):
            late += _lateness([runs[tenant["id"]]])
    left = _items(big)
    while _items(big) and time.perf_counter() - began < PATIENCE_SECONDS:
        time.sleep(1)
    drained = FLOOD - _items(big)
    rate = drained / (time.perf_counter() - began)
    _forget(big)
    return {
        "flood_small_tenants": float(len(small)),
        "flood_left_when_measured": float(left),
        "flood_small_start_p95_ms": percentile(late, 95) * 1000,
        "flood_items_per_second": rate,
    }


def migration(tenants: Tenants) -> dict[str, float]:
    """Return how long it takes until ten thousand running runs follow another version, the workers doing it."""
    with tenant_context(UUID(tenants[0]["id"])):
        multiply(Run.objects.filter(status="running", template_key="measured-work"), MIGRATED)
        source = Run.objects.filter(template_key="measured-work").latest("id").template_version.source
        draft = save_draft(
            source=source.replace("on_reject: end", "due: P9D\n    on_reject: end"), actor=ACTOR
        )
        publish_version(template_key="measured-work", number=draft.number, actor=ACTOR)
        began = time.perf_counter()
        operation = prepare_bulk(
            command="migrate_runs",
            filter={"template": "measured-work", "version": draft.number - 1, "status": "running"},
            parameters={
                "template": "measured-work",
                "from": draft.number - 1,
                "to": draft.number,
                START_AT_ONCE: True,
            },
            reason="measured",
            actor=ACTOR,
        )
        while time.perf_counter() - began < PATIENCE_SECONDS:
            held = BulkOperation.objects.get(pk=operation.pk)
            if held.status == BulkStatus.FINISHED:
                break
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        moved = Run.objects.filter(template_version=draft).count()
    return {"migrated_runs": float(moved), "migration_10000_seconds": seconds * MIGRATED / max(1, moved)}


def _wait() -> UUID:
    return start_run(template_key="measured-wait", input={"seconds": WAIT_SECONDS}, actor=ACTOR).id


def _lateness(runs: Sequence[UUID]) -> list[float]:
    """Return by how many seconds each run's waiting ended late, once all have ended."""
    ended = HistoryEntry.objects.filter(run_id__in=runs, visit="pause#1", kind="step_completed")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while ended.count() < len(runs):
        if time.monotonic() > deadline:
            raise RuntimeError("runs that only wait did not come to their end")
        time.sleep(0.2)
    begun = HistoryEntry.objects.filter(run_id__in=runs, visit="pause#1", kind="step_started")
    since = dict(begun.values_list("run_id", "at"))
    wait = timedelta(seconds=WAIT_SECONDS)
    return [(at - since[run] - wait).total_seconds() for run, at in ended.values_list("run_id", F("at"))]


def _fill(tenant: dict[str, Any], count: int, *, first: float, apart: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_FILL, {"tenant": tenant["id"], "count": count, "first": first, "apart": apart})


def _items(tenant: dict[str, Any]) -> int:
    return WorkItem.objects.filter(tenant_id=tenant["id"], lane="timers").count()


def _forget(tenant: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "DELETE FROM \"public\".dispatch_workitem WHERE tenant_id = %s AND lane = 'timers'",
            [tenant["id"]],
        )


PARTS = {"timers": timers, "flood": flood, "migration": migration}

if __name__ == "__main__":
    known = json.loads((settings.VAR_DIR / "bench-tenants.json").read_text())
    figures = PARTS[sys.argv[1]](known[int(os.environ.get("BENCH_FROM", "0")) :])
    (settings.VAR_DIR / "bench-work.json").write_text(json.dumps(figures))
