"""What crashes leave behind in the queue, and how the sweep puts it right, in one process."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from apps.core.clock import now
from apps.core.ids import new_id
from apps.dispatch import continuation
from apps.dispatch.dispatcher import sweep
from apps.dispatch.executor import execute_here
from apps.dispatch.models import Lane, WorkItem
from apps.dispatch.registry import _kinds, register
from apps.dispatch.services import claim, settle
from apps.dispatch.services.enqueue import enqueue_many
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.ledger.models import AuditEntry
from apps.ledger.services import record, unit_of_work
from tenants.context import tenant_context
from tenants.models import Tenant
from tenants.types import TenantRef
from tests.conftest import OPERATOR

KIND, LANE = "test.recovery", "test"
pytestmark = pytest.mark.durability


@pytest.fixture
def kind(transactional_db: None) -> Iterator[list[ClaimedItem]]:
    """A kind whose handler writes an audit entry and finishes its items in the same transaction."""
    seen: list[ClaimedItem] = []

    def handle(items: list[ClaimedItem]) -> dict[int, object]:
        with unit_of_work(OPERATOR):
            for item in items:
                seen.append(item)
                record("test.recovery", Tenant(id=item.ref))
            settle.finish(items)
        return {}

    register(KIND, handle, lane=LANE, batch=8, inline=True)  # type: ignore[arg-type]
    yield seen
    _kinds.pop(KIND)
    WorkItem.objects.filter(lane=LANE).delete()
    Lane.objects.filter(lane=LANE).delete()


def put(tenant: UUID, count: int = 1) -> list[UUID]:
    refs = [new_id() for _ in range(count)]
    with transaction.atomic():
        enqueue_many(tenant_id=tenant, specs=[WorkItemSpec(KIND, ref) for ref in refs])
    return refs


def take() -> list[ClaimedItem]:
    return claim.claim_due(lanes=[LANE], limit=100)


def let_leases_run_out() -> None:
    WorkItem.objects.filter(lane=LANE).update(lease_until=now() - timedelta(seconds=1))


def test_many_items_of_one_lane_are_recovered_at_once(
    kind: list[ClaimedItem], fresh_tenant: TenantRef
) -> None:
    put(fresh_tenant.id, 20)
    assert len(take()) == 20
    let_leases_run_out()
    sweep()
    again = take()
    assert len(again) == 20
    assert {item.fence for item in again} == {2}


def test_items_of_several_tenants_are_recovered_at_once(
    kind: list[ClaimedItem], fresh_tenant: TenantRef
) -> None:
    tenants = [fresh_tenant.id, new_id(), new_id()]
    for tenant in tenants:
        put(tenant, 5)
    assert len(take()) == 15
    let_leases_run_out()
    sweep()
    assert {item.tenant_id for item in take()} == set(tenants)


def test_work_of_a_worker_that_lost_its_fence_is_rolled_back(
    kind: list[ClaimedItem], fresh_tenant: TenantRef
) -> None:
    put(fresh_tenant.id)
    (first,) = take()
    let_leases_run_out()
    sweep()
    (second,) = take()
    with tenant_context(fresh_tenant):
        # The slow worker comes to the end of its work after somebody else was given it.
        _kinds[KIND].handler([second])
        with pytest.raises(RuntimeError):
            _kinds[KIND].handler([first])
        assert AuditEntry.objects.filter(action="test.recovery").count() == 1


def test_a_stale_message_does_nothing(kind: list[ClaimedItem], fresh_tenant: TenantRef) -> None:
    put(fresh_tenant.id)
    (first,) = take()
    let_leases_run_out()
    sweep()
    (second,) = take()
    execute_here(KIND, {first.id: first.fence})
    assert kind == []
    execute_here(KIND, {second.id: second.fence})
    assert [item.fence for item in kind] == [2]
    execute_here(KIND, {second.id: second.fence})
    assert len(kind) == 1


def test_items_leased_from_birth_outlive_their_worker(
    kind: list[ClaimedItem], fresh_tenant: TenantRef
) -> None:
    """A worker makes items that it will go on with, and is killed before it does: they come back by their lease."""
    with continuation.collecting() as held:
        put(fresh_tenant.id, 3)
    assert [item.fence for item in held] == [1, 1, 1]
    assert take() == []
    let_leases_run_out()
    sweep()
    assert {item.fence for item in take()} == {2}


def test_items_of_a_transaction_that_fails_do_not_exist(
    kind: list[ClaimedItem], fresh_tenant: TenantRef
) -> None:
    with continuation.collecting() as held:
        with transaction.atomic():
            enqueue_many(tenant_id=fresh_tenant.id, specs=[WorkItemSpec(KIND, new_id())])
            transaction.set_rollback(True)
        assert len(held) == 1
    execute_here(KIND, {item.id: item.fence for item in held})
    assert kind == []


def test_a_lane_closed_by_mistake_is_opened_again(kind: list[ClaimedItem], fresh_tenant: TenantRef) -> None:
    put(fresh_tenant.id)
    Lane.objects.filter(lane=LANE).update(next_due=now() + timedelta(days=1))
    assert take() == []
    sweep()
    assert len(take()) == 1
