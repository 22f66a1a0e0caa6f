"""Who listens is known when an event is told: nobody means no delivery, and whoever comes in between misses nothing."""

from collections.abc import Callable, Iterator
from threading import Thread
from uuid import UUID

import pytest

from apps.core.actor import Actor
from apps.dispatch.models import WorkItem
from apps.dispatch.rebuilding import rebuild_work
from apps.dispatch.types import WorkItemSpec
from apps.integrations.models import WebhookDelivery, WebhookEndpoint
from apps.ledger.models import AuditEntry, AuditSeal, OutboxMessage, UnsealedEntries
from apps.ledger.services import emit, enqueue, record, unit_of_work
from apps.ledger.services.unit import OUTBOX_KIND, SEAL_KIND
from apps.ledger.types import DomainEvent
from apps.workflows.events import EXCEPTION_RAISED
from apps.workflows.models import EventArrival, EventWait, ExceptionCase, Run
from apps.workflows.services import publish_version, save_draft, start_run
from apps.workflows.services.kinds import RECHECK_KIND
from tenants.context import tenant_context
from tenants.db import connection
from tenants.types import TenantRef

ANN = Actor.system("Ann")
HEAD = """
format: 1
key: listening
name: Listening
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object}
"""
WAITING = HEAD + "steps: [{id: paper, kind: wait, event: {type: document.received}, timeout: {after: P30D}}]"
CHECKING = HEAD + (
    "steps: [{id: docs, kind: check, rules: [{id: a, expr: 'false', message: no}], "
    "recheck_on: {type: document.received}}]"
)
TRIGGERED = HEAD + "trigger: {event: document.received}\nsteps: [{id: note, kind: set, values: {x: '= 1'}}]"


@pytest.fixture
def here(alpha: TenantRef) -> Iterator[None]:
    """The test runs inside tenant alpha, entered as workers and requests do, so that its configuration is known."""
    with tenant_context(alpha.id):
        yield


def tell(event_type: str = "document.received", *, audited: bool = True) -> UUID:
    with unit_of_work(ANN) as unit:
        if audited:
            record("thing.note", ExceptionCase(subject="thing/1", title="t", code="c", message="m"))
        emit(DomainEvent(event_type, "thing/1", {"n": 1}))
    return unit.batch


def kinds_of(batch: UUID) -> list[str]:
    return list(WorkItem.objects.filter(ref=batch).order_by("kind").values_list("kind", flat=True))


def publish(source: str) -> None:
    draft = save_draft(source=source, actor=ANN)
    publish_version(template_key="listening", number=draft.number, actor=ANN)


def listen(*event_types: str) -> None:
    WebhookEndpoint.objects.create(url="https://x.example/", event_types=list(event_types), sealed_secrets="")


@pytest.mark.usefixtures("here")
class TestNobody:
    def test_what_nobody_hears_is_delivered_for_good_and_still_sealed(
        self, alpha: TenantRef, drain: Callable[..., int]
    ) -> None:
        batch = tell()
        entry = AuditEntry.objects.latest("id").id
        message = OutboxMessage.objects.get(batch=batch)
        assert message.delivered_at == message.time
        assert kinds_of(batch) == [SEAL_KIND]
        rebuild_work(tenant_id=alpha.id)
        assert kinds_of(batch) == []
        drain(until=60)
        assert AuditSeal.objects.filter(entries__contains=[entry]).exists()
        assert not UnsealedEntries.objects.exists()

    def test_without_an_act_there_is_no_work_at_all(self) -> None:
        assert kinds_of(tell(audited=False)) == []

    def test_many_are_sealed_at_one_moment(self) -> None:
        batches = [tell() for _ in range(5)]
        moments = WorkItem.objects.filter(ref__in=batches).values_list("run_at", flat=True).distinct()
        assert len(moments) <= 2, "at most one boundary lies between them"

    def test_a_wait_finds_it_when_it_looks_back(self, alpha: TenantRef, drain: Callable[..., int]) -> None:
        publish(WAITING.replace("document.received", "contract.signed"))
        run = start_run(template_key="listening", input={}, actor=ANN)
        with tenant_context(alpha.id):
            batch = tell()
        assert OUTBOX_KIND not in kinds_of(batch)
        wait = EventWait.objects.create(run=run, visit="late#1", type="document.received")
        with unit_of_work(ANN):
            enqueue(WorkItemSpec(RECHECK_KIND, wait.id))
        drain()
        assert EventArrival.objects.get(run=run).message_id == OutboxMessage.objects.get(batch=batch).id


@pytest.mark.usefixtures("here")
class TestSomebody:
    @pytest.mark.parametrize("source", [WAITING, CHECKING, TRIGGERED], ids=["wait", "check", "trigger"])
    def test_a_template_listens(self, alpha: TenantRef, source: str) -> None:
        publish(source)
        with tenant_context(alpha.id):
            assert kinds_of(tell()) == [OUTBOX_KIND]
            assert OUTBOX_KIND not in kinds_of(tell("contract.signed"))

    def test_an_endpoint_listens(self, alpha: TenantRef) -> None:
        listen("document.*")
        with tenant_context(alpha.id):
            assert kinds_of(tell()) == [OUTBOX_KIND]
            assert OUTBOX_KIND not in kinds_of(tell("contract.signed"))

    def test_the_house_listens(self) -> None:
        assert kinds_of(tell(EXCEPTION_RAISED)) == [OUTBOX_KIND]

    def test_what_this_transaction_changes_listens(self) -> None:
        with unit_of_work(ANN) as unit:
            listen("*")
            emit(DomainEvent("document.received", "thing/1"))
        assert kinds_of(unit.batch) == [OUTBOX_KIND]


def meanwhile(tenant: TenantRef, act: Callable[[], object]) -> None:
    """Have somebody else do and commit it before this goes on."""

    def run() -> None:
        try:
            with tenant_context(tenant.id):
                act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_an_endpoint_made_meanwhile_gets_the_event(
    fresh_tenant: TenantRef, drain: Callable[..., int]
) -> None:
    with tenant_context(fresh_tenant.id):
        tell()
        with unit_of_work(ANN) as unit:
            meanwhile(fresh_tenant, lambda: listen("document.*"))
            emit(DomainEvent("document.received", "thing/1"))
        assert kinds_of(unit.batch) == [OUTBOX_KIND]
        drain()
        assert WebhookDelivery.objects.get().event_id == OutboxMessage.objects.get(batch=unit.batch).id


def test_a_wait_begun_meanwhile_gets_the_event(fresh_tenant: TenantRef, drain: Callable[..., int]) -> None:
    def wait() -> None:
        publish(WAITING)
        start_run(template_key="listening", input={}, actor=ANN)

    with tenant_context(fresh_tenant.id):
        tell()
        with unit_of_work(ANN):
            meanwhile(fresh_tenant, wait)
            emit(DomainEvent("document.received", "thing/1"))
        drain()
        assert Run.objects.get().status == "completed"
