"""The queue: fair claims, fences, retries, recovery."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from apps.core.clock import now
from apps.core.ids import new_id
from apps.dispatch import continuation
from apps.dispatch.dispatcher import batches
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.executor import execute_here
from apps.dispatch.models import Lane, WorkItem
from apps.dispatch.models.queue import PLATFORM
from apps.dispatch.registry import WorkKind, _kinds, register
from apps.dispatch.services import claim, settle
from apps.dispatch.services.enqueue import enqueue_many
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from tenants.db import connection

KIND = "test.kind"
LANE = "test"


@pytest.fixture
def seen() -> Iterator[list[ClaimedItem]]:
    """A registered kind that remembers its items; an item whose ref is zero makes it fail."""
    items: list[ClaimedItem] = []

    def handle(batch: list[ClaimedItem]) -> None:
        items.extend(batch)
        if any(item.ref == UUID(int=0) for item in batch):
            raise RuntimeError("poison")

    register(KIND, handle, lane=LANE, batch=4, max_attempts=2)  # type: ignore[arg-type]
    yield items
    _kinds.pop(KIND)


@pytest.fixture
def queue(transactional_db: None, seen: list[ClaimedItem]) -> Iterator[None]:
    yield
    WorkItem.objects.filter(lane=LANE).delete()
    Lane.objects.filter(lane=LANE).delete()


def put(tenant: UUID, number: int = 1, **fields: object) -> None:
    with transaction.atomic():
        specs = [WorkItemSpec(KIND, new_id(), **fields) for _ in range(number)]  # type: ignore[arg-type]
        enqueue_many(tenant_id=tenant, specs=specs)


def take(limit: int = 100) -> list[ClaimedItem]:
    return claim.claim_due(lanes=[LANE], limit=limit)


@pytest.mark.usefixtures("queue")
class TestClaim:
    def test_small_tenants_are_not_held_up_by_a_large_one(self) -> None:
        large, small = new_id(), [new_id() for _ in range(5)]
        put(large, 400)
        take(100)
        for tenant in small:
            put(tenant, 3)
        counted = Counter(item.tenant_id for item in take(60))
        assert all(counted[tenant] == 3 for tenant in small)

    def test_nothing_is_claimed_before_its_time(self) -> None:
        tenant = new_id()
        put(tenant, run_at=now() + timedelta(hours=1))
        assert take() == []
        put(tenant)
        assert len(take()) == 1

    def test_an_item_becoming_due_is_found(self) -> None:
        tenant = new_id()
        put(tenant, run_at=now() + timedelta(seconds=0.3))
        assert take() == []
        threading.Event().wait(0.6)
        assert len(take()) == 1

    def test_a_second_item_of_the_same_dedupe_is_dropped_until_the_first_starts(self) -> None:
        tenant = new_id()
        put(tenant, dedupe="x")
        put(tenant, dedupe="x")
        assert len(take()) == 1
        put(tenant, dedupe="x")
        assert len(take()) == 1

    def test_two_dispatchers_never_get_the_same_item(self) -> None:
        for _ in range(8):
            put(new_id(), 25)
        claimed: list[int] = []
        lock = threading.Lock()

        def work() -> None:
            deadline = time.monotonic() + 10
            while len(claimed) < 200 and time.monotonic() < deadline:
                items = take(20)
                with lock:
                    claimed.extend(item.id for item in items)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claimed) == len(set(claimed)) == 200

    def test_a_closed_lane_opens_with_the_next_item(self) -> None:
        tenant = new_id()
        put(tenant)
        assert len(take()) == 1
        Lane.objects.filter(tenant_id=tenant).update(touched_at=now() - timedelta(minutes=1))
        take()
        assert Lane.objects.get(tenant_id=tenant).next_due == claim.NEVER
        put(tenant)
        assert len(take()) == 1


@pytest.mark.usefixtures("queue")
class TestSettle:
    def test_done_items_are_gone(self, seen: list[ClaimedItem]) -> None:
        put(PLATFORM, 3)
        for batch in batches(take()):
            execute_here(KIND, {item.id: item.fence for item in batch})
        assert len(seen) == 3
        assert not WorkItem.objects.filter(lane=LANE).exists()

    def test_a_lost_fence_does_nothing(self, seen: list[ClaimedItem]) -> None:
        put(PLATFORM)
        (item,) = take()
        execute_here(KIND, {item.id: item.fence - 1})
        assert seen == []
        with pytest.raises(FenceLost):
            settle.finish([ClaimedItem(item.id, PLATFORM, KIND, item.ref, item.fence + 1, 1)])
        assert WorkItem.objects.filter(pk=item.id).exists()

    def test_a_message_that_was_lost_costs_one_dispatch_timeout(self) -> None:
        put(PLATFORM)
        (item,) = take()
        assert settle.recover_expired() == 0
        WorkItem.objects.filter(pk=item.id).update(lease_until=now() - timedelta(seconds=1))
        assert settle.recover_expired() == 1
        (again,) = take()
        # Nobody had begun it, so nothing speaks against it.
        assert (again.id, again.fence, again.attempt) == (item.id, item.fence + 1, 0)

    def test_poison_is_parked(self, seen: list[ClaimedItem]) -> None:
        with transaction.atomic():
            enqueue_many(tenant_id=PLATFORM, specs=[WorkItemSpec(KIND, UUID(int=0))])
        for _ in range(2):
            for item in take():
                execute_here(KIND, {item.id: item.fence})
            WorkItem.objects.filter(lane=LANE).update(run_at=now())
            Lane.objects.filter(lane=LANE).update(next_due=now())
        parked = WorkItem.objects.get(lane=LANE)
        assert (parked.state, parked.error) == ("parked", "RuntimeError: poison")
        assert take() == []
        assert len(seen) == 2

    def test_work_of_an_unknown_tenant_waits(self, seen: list[ClaimedItem]) -> None:
        put(new_id())
        (item,) = take()
        execute_here(KIND, {item.id: item.fence})
        assert seen == []
        assert WorkItem.objects.get(pk=item.id).error == "tenant is not ready"

    def test_an_unknown_kind_is_left_to_a_process_that_knows_it(self) -> None:
        put(PLATFORM)
        (item,) = take()
        kind: WorkKind = _kinds.pop(KIND)
        execute_here(KIND, {item.id: item.fence})
        _kinds[KIND] = kind
        assert WorkItem.objects.get(pk=item.id).state == "leased"


@pytest.mark.usefixtures("queue")
class TestReturn:
    """What returns to the queue meets an item of the same ``dedupe`` that was put in meanwhile."""

    LATER = timedelta(hours=1)

    def taken(self, tenant: UUID) -> ClaimedItem:
        """Return an item with a dedupe as a worker has begun it."""
        put(tenant, dedupe="x")
        (item,) = take()
        (begun,) = settle.begin(kind=KIND, held={item.id: item.fence}, lease_seconds=60)
        return begun

    def expire(self) -> None:
        WorkItem.objects.filter(lane=LANE, state="leased").update(lease_until=now() - timedelta(seconds=1))

    def test_a_dead_workers_item_is_done_with_the_one_that_waits(self) -> None:
        tenant = new_id()
        self.taken(tenant)
        put(tenant, dedupe="x", run_at=now() + self.LATER)
        self.expire()
        assert settle.recover_expired() == 1
        (again,) = take()
        # It was begun once, and whatever kills its workers is found out although new ones keep coming.
        assert again.attempt == 1
        assert WorkItem.objects.filter(lane=LANE).count() == 1

    def test_so_are_two_of_dead_workers_beside_others(self) -> None:
        tenant, other = new_id(), new_id()
        self.taken(tenant)
        self.taken(tenant)
        put(tenant, 3)
        put(other, dedupe="x")
        assert len(take()) == 4
        self.expire()
        assert settle.recover_expired() == 6
        assert len(take()) == 5

    def test_a_failed_item_leaves_its_work_to_the_one_that_waits(self) -> None:
        tenant = new_id()
        item = self.taken(tenant)
        put(tenant, dedupe="x", run_at=now() + self.LATER)
        settle.postpone(item, at=now() + timedelta(minutes=1), error="no")
        kept = WorkItem.objects.get(lane=LANE)
        assert (kept.state, kept.attempt, kept.error) == ("ready", 1, "no")
        assert kept.run_at < now() + self.LATER / 2

    def test_a_parked_item_that_is_released_joins_the_one_that_waits(self) -> None:
        tenant = new_id()
        item = self.taken(tenant)
        settle.park(item, error="no")
        put(tenant, dedupe="x", run_at=now() + self.LATER)
        assert settle.release_parked(tenant_id=tenant, item_id=item.id)
        assert not settle.release_parked(tenant_id=tenant, item_id=item.id)
        assert len(take()) == 1
        assert WorkItem.objects.filter(lane=LANE).count() == 1

    def test_who_lost_the_fence_returns_nothing(self) -> None:
        tenant = new_id()
        item = self.taken(tenant)
        self.expire()
        settle.recover_expired()
        (again,) = take()
        settle.postpone(item, at=now())
        assert WorkItem.objects.get(lane=LANE).state == "leased"
        assert again.id == item.id


@pytest.mark.usefixtures("queue")
class TestContinuation:
    """A worker goes on by itself with what its items led to."""

    CHAIN = "test.chain"

    @pytest.fixture
    def chain(self) -> Iterator[list[UUID]]:
        """Each item of the kind leads to another one, for ever."""
        done: list[UUID] = []

        def handle(items: list[ClaimedItem]) -> dict[int, object]:
            for item in items:
                with transaction.atomic():
                    settle.finish([item])
                    enqueue_many(tenant_id=PLATFORM, specs=[WorkItemSpec(self.CHAIN, new_id())])
                done.append(item.ref)
            return {}

        register(self.CHAIN, handle, lane=LANE, batch=4, inline=True)  # type: ignore[arg-type]
        yield done
        _kinds.pop(self.CHAIN)

    def start(self) -> None:
        with transaction.atomic():
            enqueue_many(tenant_id=PLATFORM, specs=[WorkItemSpec(self.CHAIN, new_id())])
        (item,) = take()
        execute_here(self.CHAIN, {item.id: item.fence})

    def test_one_message_carries_a_bounded_chain_and_gives_the_rest_back(self, chain: list[UUID]) -> None:
        self.start()
        assert len(chain) == continuation.MAX_HOPS + 1
        rest = WorkItem.objects.get(kind=self.CHAIN)
        assert rest.state == "ready"
        assert [item.id for item in take()] == [rest.id]

    def test_what_a_dead_worker_had_leased_to_itself_is_recovered(self, chain: list[UUID]) -> None:
        with continuation.collecting(), transaction.atomic():
            enqueue_many(tenant_id=PLATFORM, specs=[WorkItemSpec(self.CHAIN, new_id())])
        # Nobody has opened the lane yet: only the worker knew of the item.
        assert not Lane.objects.filter(lane=LANE).exists()
        WorkItem.objects.filter(kind=self.CHAIN).update(lease_until=now() - timedelta(seconds=1))
        assert take() == []
        assert settle.recover_expired() == 1
        assert len(take()) == 1
