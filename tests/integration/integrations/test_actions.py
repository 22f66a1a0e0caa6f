"""The `action` step: intents, calls, answers, retries, exceptions, pauses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.actor import Actor
from apps.dispatch.models import WorkItem
from apps.dispatch.types import ClaimedItem
from apps.integrations import services
from apps.integrations.handlers.actions import give_up, perform_actions
from apps.integrations.models import ActionIntent, Connection, SlotBinding
from apps.integrations.services.kinds import ACTION_KIND
from apps.integrations.types import Secret
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import ExceptionCase, Run, StepRun
from apps.workflows.services import (
    cancel_run,
    publish_version,
    retry_step,
    roll_back_run,
    save_draft,
    skip_step,
    start_run,
)
from tests.integration.integrations.conftest import CREATE_PROJECT, definition_of

SYSTEM = Actor.system("test")
SOURCE = """
format: 1
key: build
name: Build
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [name], properties: {name: {type: string}}}
connections: {psa: {connector: generic-rest}}
steps:
  - {id: project, kind: action, connection: psa, operation: create_project, input: {name: "= input.name"},
     retry: {max: 2, backoff: PT2S}, timeout: PT2S,
     compensate: {operation: archive_project, input: {id: "= steps.project.id"}}}
  - {id: confirm, kind: user_task, form: {type: object}, assignee: {role: delivery_manager}}
"""
ARCHIVE = {"method": "POST", "path": "/psa/projects/{input.id}/archive", "idempotency": {"kind": "natural"}}
OPERATIONS = {"create_project": CREATE_PROJECT, "archive_project": ARCHIVE}


@pytest.fixture
def psa(in_alpha, systems, allowed) -> Connection:
    return services.create_connection(
        name="PSA",
        definition=definition_of(OPERATIONS),
        config={"base_url": allowed},
        secret=Secret("bearer", {"token": systems.tokens["psa"]}),
        slots=["psa"],
        actor=SYSTEM,
    )


@pytest.fixture
def start(psa) -> Callable[..., Run]:
    draft = save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key="build", number=draft.number, actor=SYSTEM)
    return lambda name="Contoso": start_run(template_key="build", input={"name": name}, actor=SYSTEM)


def step_of(run: Run, step: str = "project") -> StepRun:
    return StepRun.objects.filter(run=run, step=step).latest("started_at")


def case_of(run: Run) -> ExceptionCase:
    return ExceptionCase.objects.get(run=run, status="open")


def test_intent_is_committed_before_the_call_and_confirmed_after_it(start, drain, systems):
    run = start()
    intent = ActionIntent.objects.get(run_id=run.id)
    assert (intent.state, intent.operation, intent.input) == (
        "intended",
        "create_project",
        {"name": "Contoso"},
    )
    assert systems.effects() == []
    drain()
    intent.refresh_from_db()
    assert (intent.state, intent.calls) == ("confirmed", 1)
    assert intent.response["status"] == 201
    assert intent.latency_ms
    assert [line["key"] for line in systems.effects()] == [str(intent.id)]
    assert step_of(run).status == "completed"
    assert step_of(run, "confirm").status == "open"


def test_503_is_retried_by_itself_under_the_same_key(start, drain, systems):
    systems.misbehave("create_project", {"status": 503, "retry_after": 1})
    run = start()
    drain()
    assert step_of(run).status == "retrying"
    intent = ActionIntent.objects.get(run_id=run.id)
    assert (intent.state, intent.attempt, intent.calls) == ("intended", 2, 1)
    assert (intent.error or {})["code"] == "unavailable"
    drain(until=60)
    assert step_of(run).status == "completed"
    keys = {line["key"] for line in systems.http.get("/log", params={"kind": "request"}).json()["results"]}
    assert keys == {str(intent.id)}


def test_422_becomes_an_exception_with_reason_and_payload_and_edit_and_retry_ends_it(start, drain, systems):
    body = {"error": {"code": "invalid_field", "field": "region", "message": "Not known."}}
    systems.misbehave("create_project", {"status": 422, "body": body})
    run = start()
    drain()
    case = case_of(run)
    assert case.code == "rejected"
    assert "region: Not known." in case.message
    assert case.payload == {"name": "Contoso"}
    shown = case.details["error"]["details"]
    assert shown["request"]["body"]["name"] == "Contoso"
    assert shown["response"]["status"] == 422
    assert systems.tokens["psa"] not in json.dumps(case.details)
    retry_step(
        run_id=run.id, visit=case.visit, actor=SYSTEM, reason="mended", input_override={"name": "Contoso AG"}
    )
    drain(until=60)
    assert step_of(run).status == "completed"
    keys = [line["key"] for line in systems.effects()]
    intents = ActionIntent.objects.filter(run_id=run.id).order_by("epoch")
    assert [intent.state for intent in intents] == ["failed", "confirmed"]
    assert keys == [str(intents[1].id)]


def test_skip_with_reason(start, drain, systems):
    systems.misbehave("create_project", {"status": 422})
    run = start()
    drain()
    skip_step(
        run_id=run.id, visit=case_of(run).visit, output={"id": "by hand"}, actor=SYSTEM, reason="done by hand"
    )
    assert step_of(run).status == "skipped"
    assert step_of(run, "confirm").status == "open"


def test_retries_end_in_an_exception(start, drain, systems):
    systems.misbehave("create_project", {"status": 503, "times": 50})
    run = start()
    drain(until=600)
    assert case_of(run).code == "unavailable"
    assert len(systems.http.get("/log").json()["results"]) == ActionIntent.objects.get(run_id=run.id).calls


def test_roll_back_compensates(start, drain, systems):
    run = start()
    drain()
    roll_back_run(run_id=run.id, actor=SYSTEM, reason="called off")
    drain(until=60)
    run = Run.objects.get(pk=run.pk)
    assert (run.status, run.outcome) == ("rolled_back", "rolled_back")
    assert [line["operation"] for line in systems.effects()] == ["create_project", "archive_project"]


def test_lost_answer_is_repeated_under_the_same_key_with_one_effect(start, drain, systems):
    systems.misbehave("create_project", {"cut": True})
    run = start()
    drain(until=60)
    assert step_of(run).status == "completed"
    assert len(systems.effects()) == 1


def test_work_done_twice_after_a_crash_has_one_effect_and_one_answer(start, drain, systems):
    run = start()
    item = WorkItem.objects.get(kind=ACTION_KIND)
    stale = ClaimedItem(item.id, item.tenant_id, item.kind, item.ref, 999, 1)
    # The call is made, but its fence is gone: all that was written is rolled back.
    assert perform_actions([stale]) == {}
    assert step_of(run).status == "open"
    assert ActionIntent.objects.get(run_id=run.id).state == "intended"
    drain()
    assert step_of(run).status == "completed"
    assert len(systems.effects()) == 1


def test_operation_without_idempotency_is_never_sent_again_by_itself(psa, start, drain, systems):
    operations = OPERATIONS | {"create_project": CREATE_PROJECT | {"idempotency": {"kind": "none"}}}
    services.update_connection(connection_id=psa.id, definition=definition_of(operations), actor=SYSTEM)
    run = start()
    item = WorkItem.objects.get(kind=ACTION_KIND)
    perform_actions([ClaimedItem(item.id, item.tenant_id, item.kind, item.ref, 999, 1)])
    drain(until=600)
    assert case_of(run).code == "outcome_unknown"
    assert ActionIntent.objects.get(run_id=run.id).state == "unknown"
    assert len(systems.effects()) == 1
    assert OutboxMessage.objects.filter(type="action.unknown").count() == 1


def test_unbound_slot_becomes_an_exception_and_binding_it_mends_it(psa, start, drain):
    services.unbind_slot(slot="psa", actor=SYSTEM)
    run = start()
    drain()
    case = case_of(run)
    assert case.code == "slot_unbound"
    services.bind_slot(slot="psa", connection_id=psa.id, actor=SYSTEM)
    retry_step(run_id=run.id, visit=case.visit, actor=SYSTEM, reason="bound")
    drain(until=60)
    assert step_of(run).status == "completed"


def test_slot_of_the_template_wins_over_that_of_every_template(psa, start, drain, systems, allowed):
    other = services.create_connection(
        name="Wrong", definition=definition_of(OPERATIONS), config={"base_url": allowed}, actor=SYSTEM
    )
    SlotBinding.objects.filter(slot="psa").delete()
    services.bind_slot(slot="psa", connection_id=other.id, actor=SYSTEM)
    services.bind_slot(slot="psa", connection_id=psa.id, template_key="build", actor=SYSTEM)
    run = start()
    drain()
    assert step_of(run).status == "completed"


def test_calls_wait_visibly_while_the_connection_is_paused(psa, start, drain, systems):
    services.pause_connection(connection_id=psa.id, actor=SYSTEM, reason="maintenance")
    run = start()
    drain(until=3600)
    intent = ActionIntent.objects.get(run_id=run.id)
    assert (intent.state, intent.connection_id) == ("held", psa.id)
    assert not WorkItem.objects.filter(ref=intent.id).exists()
    assert systems.http.get("/log").json()["count"] == 0
    services.resume_connection(connection_id=psa.id, actor=SYSTEM)
    drain()
    assert step_of(run).status == "completed"


def test_cancelled_run_withdraws_what_was_not_sent(start, drain, systems):
    run = start()
    cancel_run(run_id=run.id, actor=SYSTEM, reason="ordered twice")
    drain(until=60)
    assert ActionIntent.objects.get(run_id=run.id).state == "withdrawn"
    assert systems.effects() == []


def test_rolled_back_run_withdraws_what_was_not_sent_and_ends(start, drain, systems):
    run = start()
    roll_back_run(run_id=run.id, actor=SYSTEM, reason="called off")
    drain(until=60)
    assert Run.objects.get(pk=run.pk).status == "rolled_back"
    assert systems.effects() == []


def test_call_that_no_worker_survives_goes_to_a_person(start):
    run = start()
    intent = ActionIntent.objects.get(run_id=run.id)
    give_up(intent.id, "the worker did not survive it")
    assert case_of(run).code == "worker_lost"
    give_up(intent.id, "again")
    assert ExceptionCase.objects.filter(run=run).count() == 1


def test_changed_credential_is_used_at_once(psa, start, drain, systems):
    services.update_connection(
        connection_id=psa.id, secret=Secret("bearer", {"token": "wrong"}), actor=SYSTEM
    )
    run = start()
    drain()
    case = case_of(run)
    assert case.code == "not_authorised"
    good = Secret("bearer", {"token": systems.tokens["psa"]})
    services.update_connection(connection_id=psa.id, secret=good, actor=SYSTEM)
    retry_step(run_id=run.id, visit=case.visit, actor=SYSTEM, reason="new token")
    drain(until=60)
    assert step_of(run).status == "completed"


def test_batch_is_made_at_the_same_time_and_settled_one_by_one(start, drain, systems):
    systems.misbehave("create_project", {"delay": 0.6}, match={"name": "slow"})
    systems.misbehave("create_project", {"status": 422}, match={"name": "bad"})
    runs = {name: start(name) for name in ("slow", "bad", "good")}
    drain()
    assert {name: step_of(run).status for name, run in runs.items()} == {
        "slow": "completed",
        "bad": "exception",
        "good": "completed",
    }


def test_an_action_costs_three_queries_beside_the_shell(start, drain):
    start("warm")
    drain()
    start()
    item = WorkItem.objects.get(kind=ACTION_KIND)
    WorkItem.objects.filter(pk=item.pk).update(state="leased", fence=1)
    claimed = ClaimedItem(item.id, item.tenant_id, item.kind, item.ref, 1, 1)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        perform_actions([claimed])
    ours = [entry["sql"] for entry in captured.captured_queries if "integrations_" in entry["sql"]]
    assert len(ours) == 2, ours  # with the intent's insert: three


def test_audit_shows_the_connection_as_the_actor_and_never_a_secret(start, drain, systems):
    start()
    drain()
    everything = json.dumps(list(AuditEntry.objects.values("before", "after", "actor_label")), default=str)
    assert systems.tokens["psa"] not in everything


def test_config_is_shown_in_audit_without_the_credential(psa, systems):
    entry: Any = AuditEntry.objects.get(action="connection.create")
    assert entry.after["credential"] == "bearer"
    assert entry.after["operations"] == ["archive_project", "create_project"]
