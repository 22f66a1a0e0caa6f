"""Fault 31: tenants are made while their makers are killed, or by two of them at once."""

import threading

import pytest

from apps.core.ids import new_id
from apps.dispatch.models import WorkItem
from apps.ledger.models import AuditEntry
from apps.partners.services import TenantOrder, create_tenant
from apps.partners.services.tenants import PROVISION_KIND, provision_tenant
from tenants import directory
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.models import Domain, Tenant
from tenants.services.schemas import migrate_schema
from tests.durability.harness.catalogue import scenario
from tests.durability.harness.world import SYSTEM
from tests.durability.scenarios.conftest import remove

pytestmark = pytest.mark.durability


@scenario(31, seeds=10)
def test_a_tenant_is_created_while_its_makers_are_killed(make_world, two_tenants, seed):
    """Three deaths at places chosen by the seed; then it is ready, once, and as any other."""
    with platform_context():
        partner_id = Tenant.objects.get(pk=two_tenants[0].id).partner_id
    world = make_world(seed)
    world.platform = True
    slug = f"made{new_id().hex[-8:]}"
    left = 2

    def maybe(place):
        nonlocal left
        if left and place.startswith("worker.") and world.random.random() < 0.15:
            left -= 1
            world.places.fired.append(place)
            world.places.crash()

    world.places.every = maybe
    with world.living():
        with platform_context():
            tenant = create_tenant(
                partner_id=partner_id, order=TenantOrder(slug=slug, name="Made"), actor=SYSTEM
            )
        world.settle()
    ref = directory.tenant_by_id(tenant.id)
    try:
        assert Domain.objects.filter(tenant_id=tenant.id).count() == 1
        with platform_context():
            moves = (
                AuditEntry.objects.filter(subject_id=str(tenant.id))
                .order_by("id")
                .values_list("action", flat=True)
            )
            assert list(moves) == ["tenant.create", "tenant.make_ready"]
        assert not WorkItem.objects.filter(kind=PROVISION_KIND, ref=tenant.id).exists()
        assert shape(ref) == shape(two_tenants[1])
        migrate_schema(ref.schema_name)
    finally:
        remove(ref)


@scenario(31, seeds=3)
def test_a_tenant_has_two_makers_at_once(two_tenants, seed):
    """One that was taken for dead, and its successor."""
    with platform_context():
        partner_id = Tenant.objects.get(pk=two_tenants[0].id).partner_id
        order = TenantOrder(slug=f"twice{new_id().hex[-8:]}", name="Made")
        tenant = create_tenant(partner_id=partner_id, order=order, actor=SYSTEM)
    start, failed = threading.Barrier(2), []

    def make():
        start.wait(20)
        try:
            provision_tenant(tenant.id)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    makers = [threading.Thread(target=make) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)
    ref = directory.tenant_by_id(tenant.id)
    try:
        assert failed == []
        assert shape(ref) == shape(two_tenants[1])
    finally:
        # Both makers came without the item that was made for them.
        WorkItem.objects.filter(ref=tenant.id).delete()
        remove(ref)


def shape(tenant):
    """The tables, constraints, indexes and triggers of a tenant's schema, and how much each seed has put there."""
    text = """
        SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
         WHERE c.connamespace = current_schema()::regnamespace
        UNION ALL SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL SELECT t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
                   WHERE t.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal
    """
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(text)
        parts = sorted(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM approvals_approvalpolicy")
        return parts, cursor.fetchone()
