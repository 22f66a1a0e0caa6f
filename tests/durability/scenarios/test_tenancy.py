"""Faults 12, 28, 30 to 32 and 34 to 36: tenants, their schemas, their work, and who may be mistaken for whom."""

import threading

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.db.migrations.recorder import MigrationRecorder

from apps.accounts.models import User
from apps.core.ids import new_id
from apps.dispatch import registry
from apps.dispatch.executor import execute_here
from apps.dispatch.models import WorkItem
from apps.dispatch.services import claim
from apps.dispatch.types import WorkItemSpec
from apps.integrations.services.kinds import ACTION_KIND
from apps.ledger.models import AuditEntry
from apps.ledger.services import enqueue, unit_of_work
from apps.messaging.models import Message
from apps.partners.dumps import load_dump, write_dump
from apps.partners.exceptions import NotSuspended
from apps.partners.services.restoring import restore_tenant, resume_tenant, suspend_tenant
from apps.workflows.models import Run
from apps.workflows.services.kinds import TIMER_KIND
from tenants import directory
from tenants.context import tenant_context
from tenants.db import connection
from tenants.models import Domain, Tenant
from tenants.services.schemas import code_version
from tests.durability.harness.catalogue import SEEDS, scenario
from tests.durability.harness.points import Crash
from tests.durability.harness.templates import key_of
from tests.durability.harness.world import DAY, SYSTEM

pytestmark = pytest.mark.durability
TAKEN_BACK = ("messaging", "0003_configuration")
"""A migration that no other needs, and that makes one trigger."""


@scenario(12)
def test_statements_are_cancelled_while_tenants_alternate(make_world, two_tenants, seed):
    """No statement is ever answered with the other tenant's rows; 40,000 a seed in the long run, a million in all."""
    world = make_world(seed)
    wrong, cancelled = alternate(two_tenants, 40_000 if SEEDS >= 25 else 1_500, world.random)
    assert wrong == 0
    assert cancelled > 0


def alternate(tenants, turns, dice):
    emails = [f"ann@{tenant.slug}.example" for tenant in tenants]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    dsn, stop = connection.connection.info.dsn, threading.Event()

    def cancel():
        with psycopg.connect(dsn, autocommit=True) as other:
            while not stop.wait(dice.uniform(0, 0.002)):
                other.execute("SELECT pg_cancel_backend(%s)", [pid])

    thread = threading.Thread(target=cancel)
    thread.start()
    wrong = cancelled = 0
    try:
        for _turn in range(turns):
            mine = dice.randrange(2)
            try:
                with tenant_context(tenants[mine]):
                    wrong += User.objects.filter(email=emails[1 - mine]).exists()
                    wrong += not User.objects.filter(email=emails[mine]).exists()
            except DatabaseError:
                cancelled += 1
    finally:
        stop.set()
        thread.join()
        connection.close()
    return wrong, cancelled


@scenario(28)
def test_old_and_new_workers_side_by_side(make_world, monkeypatch, seed):
    """A worker that does not know a kind yet leaves it to one that does, however often it is handed to the wrong one."""
    world = make_world(seed)
    whole, old = dict(registry._kinds), 0

    def maybe_old(place):
        nonlocal old
        if place == "worker.message:taken":
            registry._kinds.clear()
            registry._kinds.update(whole)
            if old < 9 or (old < 12 and world.random.random() < 0.8):
                old += 1
                del registry._kinds[ACTION_KIND]
                del registry._kinds[TIMER_KIND]

    try:
        with world.living():
            for _ in range(3):
                world.start(key_of(world.random.choice(("action", "wait", "parallel"))))
            world.places.every = maybe_old
            world.settle()
            world.check()
    finally:
        registry._kinds.clear()
        registry._kinds.update(whole)
    assert old >= 9, "more often than an item may be tried"
    assert set(world.statuses()) == {"completed"}


@scenario(30, seeds=5)
def test_a_migration_is_killed_half_way_through_the_tenants(make_world, two_tenants, monkeypatch, seed):
    """What is done is known tenant by tenant, and running it again does the rest."""
    world = make_world(seed)
    for tenant in two_tenants:
        take_back_a_migration(tenant)
    record, left = MigrationRecorder.record_applied, world.random.choice((0, 1))

    def die(recorder, app, name):
        nonlocal left
        if (app, name) == TAKEN_BACK:
            if left == 0:
                raise Crash
            left -= 1
        record(recorder, app, name)

    with monkeypatch.context() as patch:
        patch.setattr(MigrationRecorder, "record_applied", die)
        with pytest.raises(Crash):
            call_command("setup_platform", verbosity=0)
    connection.close()
    connection.set_schema_to_nobody()
    told = [Tenant.objects.get(pk=tenant.id).schema_version == code_version() for tenant in two_tenants]
    assert told == [has_trigger(tenant) for tenant in two_tenants], "the version told is the version there is"
    assert not all(told)
    call_command("setup_platform", verbosity=0)
    assert all(has_trigger(tenant) for tenant in two_tenants)
    assert {Tenant.objects.get(pk=tenant.id).schema_version for tenant in two_tenants} == {code_version()}


def take_back_a_migration(tenant):
    """Have the tenant's schema as it was before a migration."""
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER raise_configuration ON messaging_notificationpreference")
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", TAKEN_BACK)
    Tenant.objects.filter(pk=tenant.id).update(schema_version="an older one")


def has_trigger(tenant):
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'raise_configuration' "
            "AND tgrelid = 'messaging_notificationpreference'::regclass"
        )
        return cursor.fetchone()[0] == 1


@scenario(31, seeds=10)
def test_a_tenant_is_suspended_for_three_days_while_it_runs(make_world, two_tenants, seed):
    """Its work waits, is not counted against itself, and goes on when the tenant does."""
    world = make_world(seed)
    with world.living():
        for _ in range(3):
            world.start(key_of(world.random.choice(("action", "wait", "subflow"))))
        status_of(world.tenant, "suspended")
        try:
            for _ in range(30):
                world.settle_work()
                world.advance(DAY / 10)
                world.sweep()
            assert world.receiver.calls == []
        finally:
            status_of(world.tenant, "ready")
        world.settle()
        world.check()
    assert set(world.statuses()) == {"completed"}


def status_of(tenant, status):
    Tenant.objects.filter(pk=tenant.id).update(status=status)


@scenario(32, seeds=10)
def test_a_tenant_is_restored_from_a_backup(make_world, two_tenants, tmp_path, seed):
    """Its work is made anew from its rows; what the outside has seen since the backup is not done to it again."""
    world = make_world(seed)
    slug, dump = world.tenant.slug, tmp_path / "backup.sql"
    with world.living():
        kept = [world.start(key_of(kind)) for kind in ("action", "wait", "approval", "rollback")]
        for _ in range(world.random.randrange(12)):
            world.dispatch()
            if world.broker:
                world.work(world.random.randrange(len(world.broker)))
        with tenant_context(two_tenants[1]):
            others = AuditEntry.objects.count()
        connection.close()
        write_dump(world.tenant.schema_name, dump)
        lost = world.start(key_of("action"))
        world.settle()
        done = [effect.key for effect in world.receiver.effects]
        with pytest.raises(NotSuspended):
            restore(world, slug, dump)
        suspend_tenant(slug=slug, actor=SYSTEM, reason="a test")
        assert restore(world, slug, dump) > 0
        world.settle_work()
        assert [effect.key for effect in world.receiver.effects] == done, (
            "nothing acts before somebody says so"
        )
        resume_tenant(slug=slug, actor=SYSTEM, reason="looked at")
        # The run begun after the backup is gone with what it did; timers of the time since then fire once more.
        world.accepted = set(kept)
        world.fired.clear()
        world.settle()
        world.check(effects=[effect for effect in world.receiver.effects if effect.run in kept])
    keys = [effect.key for effect in world.receiver.effects]
    assert len(keys) == len(set(keys)), "under its old key nothing is done twice"
    assert set(done) <= set(keys)
    with tenant_context(world.tenant):
        assert not Run.objects.filter(pk=lost).exists()
        assert AuditEntry.objects.filter(action="tenant.restore").exists()
        assert not Message.objects.filter(status="queued").exists()
    with tenant_context(two_tenants[1]):
        assert AuditEntry.objects.count() == others
    assert len(set(world.mails)) == len(world.mails), "no mail went out twice"


def restore(world, slug, dump):
    return restore_tenant(
        slug=slug, load=lambda schema: load_dump(schema, dump), actor=SYSTEM, reason="a test"
    )


@scenario(34, seeds=5)
def test_the_connection_pool_is_exhausted(make_world, two_tenants, monkeypatch, seed):
    """Whoever comes too late is told so within bounds; whoever has a connection sees its own tenant and no other."""
    with tenant_context(two_tenants[0]):
        User.objects.count()
    pool = connection.pool
    monkeypatch.setattr(pool, "timeout", 0.5)
    busy, told, full = 11, [], threading.Barrier(12)
    release = threading.Event()

    def hold(number):
        tenant = two_tenants[number % 2]
        try:
            with tenant_context(tenant):
                mine = User.objects.filter(email=f"ann@{tenant.slug}.example").exists()
                full.wait(20)
                release.wait(20)
                told.append(mine and User.objects.filter(email=f"ann@{tenant.slug}.example").exists())
        finally:
            connection.close()

    def late():
        try:
            with tenant_context(two_tenants[1]):
                User.objects.count()
            told.append(False)
        except OperationalError:
            told.append(True)
        finally:
            connection.close()

    holders = [threading.Thread(target=hold, args=(number,)) for number in range(busy)]
    for thread in holders:
        thread.start()
    full.wait(20)
    latecomers = [threading.Thread(target=late) for _ in range(3)]
    for thread in latecomers:
        thread.start()
    for thread in latecomers:
        thread.join(10)
    assert told == [True] * 3
    release.set()
    for thread in holders:
        thread.join(20)
    assert told == [True] * (3 + busy)
    world = make_world(seed)
    with world.living():
        world.start(key_of("action"))
        world.settle()
        world.check()


@scenario(35)
def test_a_domain_moves_while_its_tenant_is_cached(make_world, two_tenants, seed):
    world = make_world(seed)
    host = f"moving{new_id().hex[-8:]}.example"
    domain = Domain.objects.create(domain=host, tenant_id=two_tenants[0].id, is_primary=False)
    try:
        for _ in range(4):
            owner = world.random.choice([*two_tenants, None])
            Domain.objects.filter(pk=domain.pk).delete()
            if owner is not None:
                domain = Domain.objects.create(domain=host, tenant_id=owner.id, is_primary=False)
            found = directory.resolve_host(host)
            assert (found.tenant.id if found else None) == (owner.id if owner else None)
            assert connection.schema_name == (owner.schema_name if owner else "public")
    finally:
        connection.set_schema_to_nobody()
        Domain.objects.filter(domain=host).delete()


@scenario(36)
def test_work_with_a_missing_unknown_or_foreign_tenant(make_world, two_tenants, seed):
    """Nothing runs in the wrong place: not in `public`, not in another tenant, not as another kind of work."""
    make_world(seed)
    seen = []

    def note(items):
        seen.append((connection.schema_name, [item.ref for item in items]))

    registry.register("fault.noted", note, lane="fault", batch=8)
    try:
        with tenant_context(two_tenants[0]), unit_of_work(SYSTEM):
            enqueue(WorkItemSpec("fault.noted", new_id()))
        with tenant_context(two_tenants[1]), unit_of_work(SYSTEM):
            enqueue(WorkItemSpec("fault.noted", new_id()))
        WorkItem.objects.create(tenant_id=new_id(), lane="fault", kind="fault.noted", ref=new_id())
        items = world_claim()
        own = {item.tenant_id: item for item in items}
        mixed = {own[tenant.id].id: own[tenant.id].fence for tenant in two_tenants}
        with pytest.raises(ValueError, match="exactly one tenant"):
            execute_here("fault.noted", mixed)
        assert seen == []
        # Another kind's message with these numbers, numbers that do not exist, and none at all.
        for kind, held in (
            (TIMER_KIND, mixed),
            ("fault.noted", {-1: 1}),
            ("fault.noted", {}),
            ("no.such", mixed),
        ):
            execute_here(kind, held)
        assert seen == []
        for item in items:
            execute_here("fault.noted", {item.id: item.fence})
        assert sorted(schema for schema, _ in seen) == sorted(tenant.schema_name for tenant in two_tenants)
        (orphan,) = WorkItem.objects.filter(kind="fault.noted")
        assert (orphan.state, orphan.error, orphan.attempt) == ("ready", "tenant is not ready", 0)
    finally:
        registry._kinds.pop("fault.noted")
        WorkItem.objects.filter(kind="fault.noted").delete()


def world_claim():
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO "public".dispatch_lane (tenant_id, lane, next_due, touched_at) '
            'SELECT DISTINCT tenant_id, lane, clock_timestamp(), clock_timestamp() FROM "public".dispatch_workitem '
            "WHERE lane = 'fault' ON CONFLICT (tenant_id, lane) DO UPDATE SET next_due = clock_timestamp()"
        )
    return claim.claim_due(lanes=["fault"], limit=10)
