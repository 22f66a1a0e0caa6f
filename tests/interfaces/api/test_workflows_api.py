"""Workflows over REST: runs, user tasks, exceptions."""

import pytest

from apps.workflows.models import ExceptionCase, Run, TemplateVersion
from tenants.context import tenant_context
from tests.interfaces.api.conftest import Program, make_key
from tests.interfaces.api.orders import HOST, SOURCE, UNKNOWN, start, stop


def test_a_run_is_started_read_and_listed(published, program):
    run = start(program, subject="order/7", name="Order seven")
    assert (run["status"], run["name"], run["input"]) == (
        "running",
        "Order seven",
        {"amount": 5, "name": "A"},
    )
    assert {step["step"]: step["status"] for step in run["steps"]} == {"known": "completed", "look": "open"}
    assert run["started_by"]["label"] == "integrator"
    assert program.get(f"runs/{run['id']}").json() == run
    for query, count in (
        ("status=running", 1),
        ("status=completed", 0),
        ("template=order", 1),
        ("subject=order/7", 1),
        ("subject=x/1", 0),
    ):
        assert len(program.get(f"runs?{query}").json()["results"]) == count
    again = program.post(
        "runs", {"template": "order", "input": {"amount": 5, "name": "A"}}, Idempotency_Key="k1"
    )
    twice = program.post(
        "runs", {"template": "order", "input": {"amount": 5, "name": "A"}}, Idempotency_Key="k1"
    )
    assert again.json()["id"] == twice.json()["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"template": "order", "input": {"name": "A"}}, 422, "invalid_input"),
        ({"template": "order", "input": {"amount": "much"}}, 422, "invalid_input"),
        ({"template": "order", "input": []}, 422, "invalid_input"),
        ({"template": "none", "input": {}}, 404, "unknown_template"),
        ({"input": {}}, 422, "invalid_input"),
        ({"template": "order", "input": {"amount": 1}, "colour": "red"}, 422, "invalid_input"),
    ],
)
def test_a_run_that_cannot_be_started(published, program, body, status, code):
    answer = program.post("runs", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        "runs?colour=red",
        "runs?status=odd",
        "user-tasks?run=7",
        "exceptions?owner_role=king",
        "exceptions?x=1",
        "workflow-templates?x=1",
    ],
)
def test_filters_nobody_knows_are_refused(program, path):
    assert program.get(path).status_code == 422


def test_the_history_comes_in_order_and_by_pages(published, program):
    run = start(program)
    whole = program.get(f"runs/{run['id']}/history").json()
    assert [fact["seq"] for fact in whole["results"]] == list(range(1, len(whole["results"]) + 1))
    assert whole["results"][0]["kind"] == "run_started"
    assert (whole["next"], whole["previous"]) == (None, None)
    first = program.get(f"runs/{run['id']}/history?limit=2").json()
    second = program.get(first["next"].partition("/api/v1/")[2]).json()
    assert first["results"] + second["results"] == whole["results"][:4]
    for wrong in ("limit=0", "limit=x", "cursor=-1", "cursor=zz", "seen=1"):
        assert program.get(f"runs/{run['id']}/history?{wrong}").status_code == 422


def test_cancel_and_roll_back(published, program):
    run = start(program)
    assert program.post(f"runs/{run['id']}/cancel", {}).status_code == 422
    assert program.post(f"runs/{run['id']}/cancel", {"reason": "Not wanted"}).json()["status"] == "cancelled"
    late = program.post(f"runs/{run['id']}/cancel", {"reason": "Not wanted"})
    assert (late.status_code, late.json()["code"]) == (409, "command_refused")
    other = start(program)
    assert (
        program.post(f"runs/{other['id']}/roll-back", {"reason": "Wrong"}).json()["status"] == "rolled_back"
    )


def test_a_task_is_completed_by_those_it_waits_for(published, program, finance, auditor):
    run = start(program)
    task = finance.get(f"user-tasks?run={run['id']}&status=open&assignee_role=finance").json()["results"][0]
    assert (task["title"], task["form"]["required"]) == ("Look at it", ["fine"])
    assert finance.get(f"user-tasks/{task['id']}").json() == task
    address = f"user-tasks/{task['id']}/complete"
    assert auditor.post(address, {"output": {"fine": True}}).status_code == 403
    wrong = finance.post(address, {"output": {"fine": "very"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/fine")
    done = finance.post(address, {"output": {"fine": True}})
    assert (done.status_code, done.json()["completed_by"]) == (200, "finance")
    late = finance.post(address, {"output": {"fine": True}})
    assert (late.status_code, late.json()["code"]) == (409, "task_closed")
    assert program.get(f"runs/{run['id']}").json()["status"] == "completed"


def test_an_exception_is_retried_skipped_and_rolled_back(published, program):
    case = stop(program)
    assert (case["code"], case["owner_role"], case["status"]) == ("check_failed", "finance", "open")
    detail = program.get(f"exceptions/{case['id']}").json()
    assert "name" in str(detail["details"])
    # Nothing has changed, so that the check stops again, in an exception of its own.
    retried = program.post(f"exceptions/{case['id']}/retry", {"reason": "Try"})
    assert (retried.status_code, retried.json()["resolved_how"]) == (200, "retried")
    late = program.post(f"exceptions/{case['id']}/retry")
    assert (late.status_code, late.json()["code"], late.json()["how"]) == (409, "exception_closed", "retried")
    again = program.get(f"exceptions?run={case['run']}&status=open").json()["results"][0]
    assert program.post(f"exceptions/{again['id']}/skip", {}).status_code == 422
    skipped = program.post(f"exceptions/{again['id']}/skip", {"reason": "Known", "output": {"passed": True}})
    assert skipped.json()["resolved_how"] == "skipped"
    other = stop(program)
    assert (
        program.post(f"exceptions/{other['id']}/roll-back", {"reason": "Wrong"}).json()["status"]
        == "resolved"
    )
    assert program.get(f"runs/{other['run']}").json()["status"] == "rolled_back"


def test_edit_and_retry_wants_an_object(published, program):
    case = stop(program)
    for body in ({}, {"payload": []}, {"payload": "x"}):
        assert program.post(f"exceptions/{case['id']}/edit-and-retry", body).status_code == 422
    assert program.post(f"exceptions/{case['id']}/edit-and-retry", {"payload": {}}).status_code == 200


def test_an_exception_outside_runs(alpha, program):
    with tenant_context(alpha):
        case = ExceptionCase.objects.create(subject="inbound_event/1", title="T", code="mapping", message="m")
    for command in ("retry", "roll-back", "skip"):
        answer = program.post(f"exceptions/{case.id}/{command}", {"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (409, "exception_outside_run")
    assert (
        program.post(f"exceptions/{case.id}/dismiss", {"reason": "Test"}).json()["resolved_how"]
        == "dismissed"
    )
    assert program.post(f"exceptions/{case.id}/dismiss", {"reason": "Test"}).status_code == 409


def test_an_exception_of_a_run_is_not_dismissed(published, program):
    case = stop(program)
    answer = program.post(f"exceptions/{case['id']}/dismiss", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "exception_of_run")


@pytest.mark.parametrize(
    "path",
    ["runs/{id}/cancel", "runs/{id}/roll-back", "user-tasks/{id}/complete", "exceptions/{id}/retry", "exceptions/{id}/skip",
     "exceptions/{id}/edit-and-retry", "exceptions/{id}/roll-back", "exceptions/{id}/dismiss"],
)  # fmt: skip
def test_commands_on_what_is_not_here(program, path):
    body = {"complete": {"output": {}}, "edit-and-retry": {"payload": {}}}.get(
        path.rpartition("/")[2], {"reason": "x"}
    )
    assert program.post(path.format(id=UNKNOWN), body).status_code == 404


def test_readers_read_and_change_nothing(published, program, auditor):
    run, case = start(program), stop(program)
    for path in (
        "workflow-templates",
        "runs",
        f"runs/{run['id']}",
        f"runs/{run['id']}/history",
        "user-tasks",
        "exceptions",
        f"exceptions/{case['id']}",
    ):
        assert auditor.get(path).status_code == 200
    for path, body in (
        ("workflow-templates", {"source": SOURCE}),
        ("workflow-templates/order/versions/1/retire", {}),
        ("runs", {"template": "order", "input": {}}),
        (f"runs/{run['id']}/cancel", {"reason": "x"}),
        (f"exceptions/{case['id']}/retry", {}),
    ):
        assert auditor.post(path, body).status_code == 403


def test_a_key_without_the_scope_opens_nothing(alpha, published):
    narrow = Program(HOST, make_key(alpha, scopes=("runs:read",), name="narrow"))
    assert narrow.get("runs").status_code == 200
    assert narrow.get("exceptions").status_code == 403
    assert narrow.post("runs", {"template": "order", "input": {"amount": 1}}).status_code == 403


def test_another_tenant_sees_nothing_of_it(alpha, beta, published, program):
    run, case = start(program), stop(program)
    stranger = Program("beta.localhost:8000", make_key(beta, name="stranger"))
    assert stranger.get("runs").json()["results"] == []
    for path in (
        f"runs/{run['id']}",
        f"runs/{run['id']}/history",
        f"exceptions/{case['id']}",
        "workflow-templates/order",
    ):
        assert stranger.get(path).status_code == 404
    with tenant_context(alpha):
        assert Run.objects.count() == 2
        assert TemplateVersion.objects.filter(template__key="order").count() == 1


def test_lists_ask_few_queries_however_long_they_are(published, program, django_assert_max_num_queries):
    stop(program)
    program.get("exceptions")
    for _ in range(4):
        stop(program)
        start(program)
    for path in ("runs", "exceptions", "user-tasks", "workflow-templates"):
        with django_assert_max_num_queries(8):
            assert len(program.get(path).json()["results"]) >= 1
