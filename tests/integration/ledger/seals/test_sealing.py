"""Sealing the audit of a real schema: soon, in order, each entry once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.core.clock import now
from apps.dispatch.models import WorkItem
from apps.dispatch.models.queue import PLATFORM
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal, UnsealedEntries
from apps.ledger.selectors.verifying import verify_chain
from apps.ledger.services import record, unit_of_work
from apps.ledger.services.sealing import CHECKPOINT_KIND
from apps.ledger.services.unit import SEAL_KIND
from apps.ledger.types import DomainEvent
from apps.workflows.models import ExceptionCase
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.models import Tenant
from tenants.types import TenantRef
from tests.integration.ledger.seals.chain import ANN, codes, due, fail_after_an_act, note, seal


class TestSealing:
    def test_what_is_written_is_sealed_soon_and_its_head_is_signed_within_a_day(
        self, in_alpha: TenantRef, drain: Callable[..., int]
    ) -> None:
        entries = note(3, told=True)
        assert due(SEAL_KIND) == []
        drain()
        [item] = due(SEAL_KIND)
        assert timedelta(seconds=1) < item.run_at - now() < timedelta(seconds=10)
        drain(until=60)
        held = AuditSeal.objects.get(entries__contains=entries)
        assert (held.count, held.total) == (len(held.entries), held.count)
        assert not UnsealedEntries.objects.exists()
        assert due(SEAL_KIND) == []
        [item] = due(CHECKPOINT_KIND)
        assert timedelta(0) < item.run_at - now() <= timedelta(days=1)
        drain(until=86_400)
        assert AuditCheckpoint.objects.get().seal_number == AuditSeal.objects.latest("number").number
        assert codes(in_alpha) == []

    def test_an_act_that_is_told_to_nobody_wakes_the_sealer_itself(
        self, in_alpha: TenantRef, drain: Callable[..., int]
    ) -> None:
        [entry] = note()
        assert len(due(SEAL_KIND)) == 1
        drain(until=60)
        assert AuditSeal.objects.get().entries == [entry]

    def test_at_rest_nothing_is_looked_at(self, in_alpha: TenantRef, drain: Callable[..., int]) -> None:
        note(2, told=True)
        drain(until=90_000)
        assert WorkItem.objects.filter(tenant_id=in_alpha.id).count() == 0
        assert drain(until=10 * 86_400) == 0

    def test_a_command_costs_no_statement_more(
        self, in_alpha: TenantRef, django_assert_num_queries: Any
    ) -> None:
        case = ExceptionCase.objects.create(subject="thing/1", title="t", code="c", message="m")
        with django_assert_num_queries(3) as captured, unit_of_work(ANN):  # savepoint, the statement, release
            record("thing.note", case, event=DomainEvent("thing.happened", "thing/1"))
        [written] = [query["sql"] for query in captured.captured_queries if "INSERT" in query["sql"]]
        assert "ledger_unsealedentries" in written

    def test_seals_follow_each_other(self, in_alpha: TenantRef) -> None:
        for _ in range(3):
            note(2)
            seal()
        first, second, third = AuditSeal.objects.order_by("number")
        assert (first.number, second.number, third.number) == (1, 2, 3)
        assert (second.previous, third.previous) == (first.hash, second.hash)
        assert [held.total for held in (first, second, third)] == [2, 4, 6]
        assert seal() is None

    def test_what_is_rolled_back_is_never_sealed(self, in_alpha: TenantRef) -> None:
        with pytest.raises(ZeroDivisionError):
            fail_after_an_act()
        assert seal() is None

    def test_a_long_queue_is_sealed_in_parts(
        self, in_alpha: TenantRef, drain: Callable[..., int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.ledger.services.sealing.BATCHES_A_SEAL", 2)
        entries = note(5)
        drain(until=60)
        assert [held.count for held in AuditSeal.objects.order_by("number")] == [2, 2, 1]
        assert [entry for held in AuditSeal.objects.order_by("number") for entry in held.entries] == entries
        assert codes(in_alpha) == []

    def test_the_platform_has_a_chain_of_its_own(self, in_alpha: TenantRef) -> None:
        with platform_context():
            with unit_of_work(ANN):
                record("thing.note", Tenant.objects.all()[0])
            while seal():
                continue
            assert AuditSeal.objects.exists()
            assert verify_chain(PLATFORM).breaks == ()
        assert not AuditSeal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_sealed_later_and_nothing_is_skipped(
    fresh_tenant: TenantRef,
) -> None:
    """Its entries have the lowest ids of all; they are open while everything after them is sealed."""
    began, go_on = threading.Event(), threading.Event()

    def be_late() -> None:
        with tenant_context(fresh_tenant), transaction.atomic():
            entry = AuditEntry.objects.create(actor_kind="system", actor_label="Late", action="thing.late")
            UnsealedEntries.objects.create(entries=[entry.id])
            began.set()
            assert go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=be_late)
    thread.start()
    assert began.wait(20)
    with tenant_context(fresh_tenant):
        early = note(3)
        seal()
        sealed = {entry for held in AuditSeal.objects.all() for entry in held.entries}
        assert set(early) <= sealed
        go_on.set()
        thread.join(20)
        entry = AuditEntry.objects.get(action="thing.late")
        assert entry.id < min(early)
        assert entry.id not in sealed
        assert codes(fresh_tenant) == []
        made = seal()
        assert made is not None
        assert entry.id in made.entries
        assert codes(fresh_tenant) == []


@pytest.mark.django_db(transaction=True)
def test_sealers_at_the_same_time_make_one_chain(fresh_tenant: TenantRef) -> None:
    with tenant_context(fresh_tenant):
        note(6)
    start = threading.Barrier(4)

    def run() -> None:
        start.wait(20)
        with tenant_context(fresh_tenant):
            seal()
            note(1)
            seal()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with tenant_context(fresh_tenant):
        seal()
        report = verify_chain(fresh_tenant.id)
        assert report.breaks == ()
        assert report.waiting == 0
        assert sum(held.count for held in AuditSeal.objects.all()) == report.entries
