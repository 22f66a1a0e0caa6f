"""One command for many: found by a filter, looked at first, done once each, suspended, resumed, cancelled, killed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.exceptions import ActionForbidden
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.ids import new_id
from apps.dispatch.executor import execute_here
from apps.dispatch.models import WorkItem
from apps.dispatch.registry import _kinds
from apps.dispatch.registry import register as register_kind
from apps.dispatch.services import claim, settle
from apps.dispatch.types import WorkItemSpec
from apps.ledger.models import AuditEntry
from apps.ledger.services import enqueue, record, unit_of_work
from apps.workflows import bulk
from apps.workflows.bulk import Verdict, register_bulk_command
from apps.workflows.choices import BulkAbout
from apps.workflows.exceptions import CaseClosed
from apps.workflows.models import BulkItem, BulkOperation, ExceptionCase, Run
from apps.workflows.services import (
    bulk_work,
    cancel_run,
    publish_version,
    retire_version,
    save_draft,
    start_run,
)
from apps.workflows.services.bulk import cancel_bulk, prepare_bulk, resume_bulk, start_bulk, suspend_bulk
from apps.workflows.services.parked import release_case
from tenants.context import tenant_context
from tenants.types import TenantRef
from tests.integration.delivery.contracts import staff

SYSTEM = Actor.system("test")
HEAD = """
format: 1
key: {key}
name: {key}
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
steps:
"""
STOPS = HEAD + "  - {{id: sub, kind: subflow, template: missing}}\n"
WAITS = HEAD + "  - {{id: ask, kind: user_task, assignee: {{role: delivery_manager}}}}\n"


def publish(source: str, key: str) -> str:
    draft = save_draft(source=source.format(key=key), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    return key


def start(key: str, count: int) -> list[Run]:
    return [start_run(template_key=key, input={}, actor=SYSTEM, name=f"{key} {n}") for n in range(count)]


@pytest.fixture
def manager(in_alpha: TenantRef) -> Actor:
    return staff("delivery_manager")


@pytest.fixture
def stopped(in_alpha: TenantRef) -> list[Run]:
    """Three runs that stop at a subflow that was taken out of use."""
    publish(WAITS, "missing")
    retire_version(template_key="missing", number=1, actor=SYSTEM)
    runs = start(publish(STOPS, "stops"), 3)
    assert ExceptionCase.objects.filter(code="unknown_template", status="open").count() == 3
    return runs


def states(operation: BulkOperation) -> Counter[str]:
    return Counter(BulkItem.objects.filter(operation=operation).values_list("state", flat=True))


def test_retry_by_cause_once_each(stopped: list[Run], manager: Actor, drain: Any) -> None:
    cancel_run(run_id=stopped[0].id, actor=SYSTEM, reason="not wanted")
    publish_version(template_key="missing", number=1, actor=SYSTEM)
    operation = prepare_bulk(
        command="retry_exceptions", filter={"code": "unknown_template"}, actor=manager, reason="mended"
    )
    assert (operation.status, operation.total) == ("previewed", 3)
    refused = BulkItem.objects.get(operation=operation, state="refused")
    assert refused.why == "This exception is over already: it was closed with its run or step."
    assert ExceptionCase.objects.filter(status="open").count() == 2, "a preview changes nothing"
    start_bulk(operation_id=operation.id, actor=manager)
    drain()
    operation.refresh_from_db()
    assert operation.status == "finished"
    assert operation.counts == {"done": 2, "refused": 1}
    assert states(operation) == {"done": 2, "refused": 1}
    assert not ExceptionCase.objects.filter(status="open").exists()
    assert Run.objects.filter(template_key="missing").count() == 2
    entries = AuditEntry.objects.filter(action="run.retry_step")
    assert {(entry.actor_id, entry.reason) for entry in entries} == {(manager.id, "mended")}
    assert entries.count() == 2


def test_what_changed_since_the_preview_is_refused_with_its_reason(
    stopped: list[Run], manager: Actor, drain: Any
) -> None:
    operation = prepare_bulk(
        command="cancel_runs", filter={"template": "stops", "step": "sub"}, actor=manager, reason="no longer"
    )
    assert states(operation) == {"pending": 3}
    cancel_run(run_id=stopped[1].id, actor=SYSTEM, reason="quicker")
    start_bulk(operation_id=operation.id, actor=manager)
    drain()
    assert states(operation) == {"done": 2, "refused": 1}
    late = BulkItem.objects.get(operation=operation, state="refused")
    assert late.target == stopped[1].id
    assert late.why == "The run does not accept this now: it is over."


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"template": "stops"}, 3),
        ({"template": "stops", "version": 1, "status": "running"}, 3),
        ({"search": "STOPS 2"}, 1),
        ({"step": "sub"}, 3),
        ({"step": "ask"}, 2),
        ({"code": "unknown_template"}, 3),
        ({"template": "waits"}, 2),
    ],
)
def test_filters_of_runs(stopped: list[Run], manager: Actor, filter: dict[str, Any], found: int) -> None:
    start(publish(WAITS, "waits"), 2)
    operation = prepare_bulk(command="cancel_runs", filter=filter, actor=manager, reason="x")
    assert operation.total == found


@pytest.mark.parametrize(
    ("filter", "pointer"),
    [
        ({"colour": "red"}, "/filter/colour"),
        ({"status": "odd"}, "/filter/status"),
        ({"version": "one"}, "/filter/version"),
        ({"connection": "x"}, "/filter/connection"),
        ({"older_than": "yesterday"}, "/filter/older_than"),
        ({"ids": "x"}, "/filter/ids"),
        ({"ids": ["x"]}, "/filter/ids"),
        ({"template": "nothing-here"}, "/filter"),
        ({"older_than": "P1D"}, "/filter"),
    ],
)
def test_a_filter_that_finds_nothing_or_is_none_is_explained(
    stopped: list[Run], manager: Actor, filter: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as caught:
        prepare_bulk(command="cancel_runs", filter=filter, actor=manager, reason="x")
    assert [problem.pointer for problem in caught.value.errors] == [pointer]


def test_it_asks_for_command_reason_parameters_and_rights(stopped: list[Run], manager: Actor) -> None:
    wanted: dict[str, Any] = {"filter": {"template": "stops"}, "actor": manager}
    for wrong, code in (
        ({"command": "destroy", "reason": "x"}, "unknown_command"),
        ({"command": "cancel_runs", "reason": " "}, "reason_required"),
        ({"command": "cancel_runs", "reason": "x", "parameters": {"a": 1}}, "invalid_parameters"),
    ):
        with pytest.raises(Invalid) as caught:
            prepare_bulk(**wanted, **wrong)
        assert caught.value.code == code
    with pytest.raises(ActionForbidden):
        prepare_bulk(**(wanted | {"actor": staff("auditor")}), command="cancel_runs", reason="x")
    operation = prepare_bulk(**wanted, command="cancel_runs", reason="x")
    with pytest.raises(ActionForbidden):
        start_bulk(operation_id=operation.id, actor=staff("auditor", email="second@alpha.example"))
    with pytest.raises(NotFound):
        start_bulk(operation_id=new_id(), actor=manager)


def test_suspend_resume_cancel_and_second_clicks(
    stopped: list[Run], manager: Actor, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = prepare_bulk(command="cancel_runs", filter={"template": "stops"}, actor=manager, reason="x")
    start_bulk(operation_id=operation.id, actor=manager)
    with pytest.raises(Conflict, match="running"):
        start_bulk(operation_id=operation.id, actor=manager)
    suspend_bulk(operation_id=operation.id, actor=manager, reason="wait")
    drain()
    assert states(operation) == {"pending": 3}
    resume_bulk(operation_id=operation.id, actor=manager)
    monkeypatch.setattr(bulk_work, "PORTION", 1)
    work = WorkItem.objects.get(kind="workflows.bulk")
    begin_and_run(work)
    assert states(operation) == {"pending": 2, "done": 1}
    cancel_bulk(operation_id=operation.id, actor=manager, reason="enough")
    drain()
    assert states(operation) == {"left": 2, "done": 1}
    operation.refresh_from_db()
    assert (operation.status, operation.counts) == ("cancelled", {"left": 2, "done": 1})
    with pytest.raises(Conflict, match="cancelled"):
        cancel_bulk(operation_id=operation.id, actor=manager)
    assert Run.objects.filter(template_key="stops", status="running").count() == 2


def begin_and_run(work: WorkItem) -> None:
    """One portion, as a worker does it."""
    held = {item.id: item.fence for item in claim.claim_due(lanes=["bulk"], limit=5)}
    assert work.id in held
    execute_here(work.kind, held)


def test_rights_that_end_suspend_it(stopped: list[Run], manager: Actor, drain: Any) -> None:
    operation = prepare_bulk(command="cancel_runs", filter={"template": "stops"}, actor=manager, reason="x")
    start_bulk(operation_id=operation.id, actor=manager)
    User.objects.filter(pk=manager.id).update(is_active=False)
    drain()
    operation.refresh_from_db()
    assert (operation.status, states(operation)) == ("suspended", {"pending": 3})
    assert operation.halted.startswith("Delivery Manager may no longer act here")
    other = staff("delivery_director")
    resume_bulk(operation_id=operation.id, actor=other)
    drain()
    assert states(operation) == {"done": 3}
    assert AuditEntry.objects.filter(action="run.request_cancel", actor_id=other.id).count() == 3


def test_many_are_looked_at_by_a_worker(
    stopped: list[Run], manager: Actor, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.workflows.services.bulk.AT_ONCE", 1)
    monkeypatch.setattr(bulk_work, "LOOKED_AT", 2)
    operation = prepare_bulk(command="cancel_runs", filter={"template": "stops"}, actor=manager, reason="x")
    assert (operation.status, operation.total, states(operation)) == ("preparing", 3, {})
    with pytest.raises(Conflict, match="being prepared"):
        start_bulk(operation_id=operation.id, actor=manager)
    drain()
    operation.refresh_from_db()
    assert (operation.status, operation.counts) == ("previewed", {"pending": 3})


class Killed(BaseException):
    """What a worker does not survive."""


@pytest.fixture
def lethal() -> Iterator[list[UUID]]:
    """A command that kills its worker at the third target, after it has written, the first two times."""
    seen: list[UUID] = []

    def perform(target: UUID, parameters: Any, actor: Actor, reason: str) -> None:
        record("test.bulk", Run(id=target))
        seen.append(target)
        if len(seen) in (3, 4):
            raise Killed

    def preview(targets: Any, parameters: Any, actor: Actor) -> dict[UUID, Verdict]:
        return {target: Verdict() for target in targets}

    register_bulk_command(
        "test_lethal", preview, perform, about=BulkAbout.RUN, action="runs:write", label="Test"
    )
    yield seen
    bulk._commands.pop("test_lethal")


@pytest.mark.durability
def test_a_killed_worker_leaves_each_item_done_once(
    fresh_tenant: TenantRef, lethal: list[UUID], drain: Any
) -> None:
    with tenant_context(fresh_tenant):
        runs = start(publish(WAITS, "waits"), 6)
        manager = staff("delivery_manager")
        operation = prepare_bulk(
            command="test_lethal", filter={"template": "waits"}, actor=manager, reason="x"
        )
        start_bulk(operation_id=operation.id, actor=manager)
    for _ in range(2):
        with pytest.raises(Killed):
            drain()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE \"public\".dispatch_workitem SET lease_until = now() - interval '1 second' "
                "WHERE kind = 'workflows.bulk'"
            )
        assert settle.recover_expired() == 1
    drain()
    with tenant_context(fresh_tenant):
        noted = Counter(AuditEntry.objects.filter(action="test.bulk").values_list("subject_id", flat=True))
        assert noted == {str(run.id): 1 for run in runs}
        assert states(operation) == {"done": 6}
        operation.refresh_from_db()
        assert operation.status == "finished"
    assert len(lethal) == 8


def test_parked_work_raises_an_exception_and_is_released_singly_and_in_bulk(
    in_alpha: TenantRef, beta: TenantRef, drain: Any
) -> None:
    done: list[int] = []
    broken = [True]

    def handle(items: Any) -> None:
        if broken[0]:
            raise RuntimeError("no")
        done.extend(item.id for item in items)

    register_kind("test.parks", handle, lane="events", max_attempts=1)
    try:
        with unit_of_work(SYSTEM):
            for _ in range(3):
                enqueue(WorkItemSpec("test.parks", new_id()))
        drain()
        cases = list(ExceptionCase.objects.filter(code="work_parked").order_by("id"))
        assert [(case.owner_role, case.status) for case in cases] == [("tenant_admin", "open")] * 3
        assert WorkItem.objects.filter(kind="test.parks", state="parked").count() == 3
        item_id = int(cases[0].subject.partition("/")[2])
        assert not settle.release_parked(tenant_id=beta.id, item_id=item_id), "only its own tenant may"
        broken[0] = False
        admin = staff("tenant_admin")
        with pytest.raises(ActionForbidden):
            release_case(case_id=cases[0].id, actor=staff("auditor"))
        assert release_case(case_id=cases[0].id, actor=admin).resolved_how == "released"
        with pytest.raises(CaseClosed):
            release_case(case_id=cases[0].id, actor=admin)
        operation = prepare_bulk(command="release_exceptions", filter={"code": "work_parked"}, actor=admin)
        assert states(operation) == {"pending": 2, "refused": 1}
        start_bulk(operation_id=operation.id, actor=admin)
        drain()
        assert len(set(done)) == len(done) == 3
        assert not ExceptionCase.objects.filter(status="open").exists()
        assert not WorkItem.objects.filter(kind="test.parks").exists()
    finally:
        _kinds.pop("test.parks")
