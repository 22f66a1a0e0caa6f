"""Faults 17 to 21: clocks, calendars, many timers, and one tenant that floods the queue."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from apps.core import clock
from apps.core.ids import new_id
from apps.dispatch.executor import execute_here
from apps.dispatch.models import Lane, WorkItem
from apps.dispatch.registry import _kinds, register
from apps.dispatch.services import claim, settle
from apps.dispatch.services.enqueue import enqueue_many
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.workflows.engine.cron import fires, parse_cron
from tests.durability.harness.catalogue import SEEDS, scenario
from tests.durability.harness.templates import key_of
from tests.durability.harness.world import DAY

pytestmark = pytest.mark.durability
KIND, LANE = "fault.counted", "fault"


@scenario(17)
def test_a_workers_clock_is_an_hour_wrong(make_world, monkeypatch, seed):
    """A wait of thirty seconds takes thirty seconds, whatever the worker's own clock says."""
    world = make_world(seed)
    off = timedelta(hours=world.random.choice((-1, 1)), minutes=world.random.randint(-9, 9))
    monkeypatch.setattr(clock, "_apart", timedelta(0))
    monkeypatch.setattr(
        clock,
        "_machine",
        lambda: datetime.now(UTC) + (off if world.places.actor == "worker" else timedelta(0)),
    )
    done = []
    execute = world.receiver.execute

    def timed(name, values, key, **more):
        done.append((values["step"], datetime.now(UTC) + world.passed))
        return execute(name, values, key, **more)

    world.receiver.execute = timed
    with world.living():
        world.start(key_of("wait"))
        world.settle()
        world.check()
    assert world.statuses() == ["completed"]
    times = dict(done)
    assert timedelta(seconds=29.5) <= times["second"] - times["first"] <= timedelta(seconds=60)


@scenario(18)
def test_schedules_over_clock_changes_and_leap_days(seed):
    """A schedule fires once on each day it names, in order, also where the clock is put forward or back."""
    zone = ZoneInfo(
        ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")[seed % 5]
    )
    hour, minute = divmod(seed * 37 % 240, 60)
    for year in (2024, 2025, 2026, 2028):
        cron = parse_cron(f"{minute} {hour} * * *")
        after = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
        found = []
        for at in fires(cron, zone, after - timedelta(minutes=1)):
            if at.astimezone(zone).year > year:
                break
            found.append(at)
        days = [at.astimezone(zone).date() for at in found]
        assert len(set(days)) == len(days), "a day had it twice"
        assert len(days) == (366 if year % 4 == 0 else 365), "a day was left out"
        assert found == sorted(set(found))


@scenario(18, seeds=1)
def test_the_leap_day_has_its_turn(seed):
    found = fires(parse_cron("0 6 29 2 *"), ZoneInfo("Europe/Berlin"), datetime(2024, 3, 1, tzinfo=UTC))
    assert [next(found).date().isoformat() for _ in range(2)] == ["2028-02-29", "2032-02-29"]


@scenario(20)
def test_workers_are_away_for_a_day(make_world, seed):
    """Timers that came due meanwhile fire once each, late but never twice."""
    world = make_world(seed)
    with world.living():
        for _ in range(6):
            world.start(key_of(world.random.choice(("wait", "event", "any"))))
        world.settle_work()
        world.advance(DAY)
        world.sweep()
        world.settle()
        world.check()
    assert set(world.statuses()) == {"completed"}
    assert len(world.fired) == len({name for name, _, _ in world.fired})


@pytest.fixture
def counted(transactional_db: None) -> Iterator[list[UUID]]:
    """A kind of work that counts who came."""
    seen: list[UUID] = []

    def handle(items: list[ClaimedItem]) -> dict[int, object]:
        with transaction.atomic():
            settle.finish(items)
        seen.extend(item.ref for item in items)
        return {}

    register(KIND, handle, lane=LANE, batch=64)  # type: ignore[arg-type]
    yield seen
    _kinds.pop(KIND)
    WorkItem.objects.filter(lane=LANE).delete()
    Lane.objects.filter(lane=LANE).delete()


def put(tenant: UUID, count: int, at: datetime | None = None) -> None:
    for start in range(0, count, 5000):
        specs = [WorkItemSpec(KIND, new_id(), run_at=at) for _ in range(start, min(count, start + 5000))]
        with transaction.atomic():
            enqueue_many(tenant_id=tenant, specs=specs)


@scenario(19, seeds=3)
def test_ten_thousand_timers_due_in_the_same_second(counted, two_tenants, seed):
    many = 10_000 if SEEDS else 1_000
    at = datetime.now(UTC).replace(microsecond=0)
    put(two_tenants[0].id, many, at)
    put(two_tenants[1].id, 20, at)
    small_at = None
    for number in range(1, many):
        items = claim.claim_due(lanes=[LANE], limit=100)
        if not items:
            break
        if (
            small_at is None
            and not WorkItem.objects.filter(tenant_id=two_tenants[1].id, lane=LANE, state="ready").exists()
        ):
            small_at = number
        by_tenant: dict[object, dict[int, int]] = {}
        for item in items:
            by_tenant.setdefault(item.tenant_id, {})[item.id] = item.fence
        for held in by_tenant.values():
            execute_here(KIND, held)
    assert len(counted) == len(set(counted)) == many + 20
    assert small_at is not None
    assert small_at <= 3, "the small tenant's timers stood in line behind the large one's"


@scenario(21, seeds=3)
def test_one_tenant_floods_the_queue(counted, two_tenants, seed):
    """A hundred small tenants are served within a few claims, however much of the large one's is ready."""
    flood = 100_000 if SEEDS else 5_000
    put(two_tenants[0].id, flood)
    small = {new_id() for _ in range(100)}
    for tenant in small:
        put(tenant, 1)
    served: set[UUID | None] = set()
    for _claim in range(4):
        items = claim.claim_due(lanes=[LANE], limit=100)
        served |= {item.tenant_id for item in items}
        settle.finish(items)
    assert small <= served, f"after four claims {len(small - served)} small tenants still wait"
