"""Migration of runs over REST: proposal, dry run, verdicts, start, suspend, cancel, revert."""

import pytest

from apps.workflows.services import publish_version, save_draft
from tenants.context import tenant_context
from tests.integration.accounts.people import SYSTEM
from tests.interfaces.api.conftest import Program
from tests.interfaces.api.orders import SOURCE, UNKNOWN, start

pytestmark = pytest.mark.usefixtures("versions")
HERE = "workflow-templates/order/migrations"
SECOND = SOURCE.replace("id: look", "id: inspect").replace(
    "  - {id: done", "  - {id: bill, kind: user_task, assignee: {role: finance}}\n  - {id: done"
)


@pytest.fixture
def versions(published, alpha):
    with tenant_context(alpha):
        save_draft(source=SECOND, actor=SYSTEM)
        publish_version(template_key="order", number=2, actor=SYSTEM)


@pytest.fixture
def runs(program, alpha):
    """Two runs of version 1, though version 2 is the one published."""
    with tenant_context(alpha):
        publish_version(template_key="order", number=1, actor=SYSTEM)
    made = [start(program, name=f"Order {number}") for number in range(2)]
    with tenant_context(alpha):
        publish_version(template_key="order", number=2, actor=SYSTEM)
    return made


def ask(program: Program, **more):
    return program.post(HERE, {"from_version": 1, "to_version": 2, "reason": "bills were forgotten", **more})


def test_a_mapping_is_proposed(program, runs):
    found = program.get(f"{HERE}/proposal?from_version=1&to_version=2").json()
    pairs = {pair["step"]: pair for pair in found["steps"]}
    assert (pairs["look"]["counterpart"], pairs["look"]["standing"]) == ("inspect", 2)
    assert pairs["known"]["changed"] == []
    assert found["fresh"] == ["bill"]


def test_dry_run_start_and_back(program, runs, drain):
    made = ask(program)
    assert made.status_code == 201, made.json()
    shape = made.json()
    assert (shape["status"], shape["total"]) == ("previewed", 2)
    assert shape["verdicts"] == {"compatible": 2, "needs_input": 0, "blocked": 0}
    assert shape["plan"]["steps"]["look"] == "inspect"
    one = f"{HERE}/{shape['id']}"
    assert made["Location"] == f"/api/v1/{one}"
    assert program.get(f"runs/{runs[0]['id']}").json()["version"] == 1
    listed = program.get(f"{one}/runs").json()["results"]
    assert {row["details"]["verdict"] for row in listed} == {"compatible"}
    assert program.post(f"{one}/start").json()["status"] == "running"
    assert program.post(f"{one}/start").status_code == 409
    drain()
    assert program.get(one).json()["counts"]["done"] == 2
    moved = program.get(f"runs/{runs[0]['id']}").json()
    assert (moved["version"], [step["step"] for step in moved["steps"]]) == (2, ["known", "inspect"])
    back = program.post(f"{one}/revert", {"reason": "too early", "dry_run": False}).json()
    assert back["takes_back"] == shape["id"]
    drain()
    assert program.get(f"runs/{runs[0]['id']}").json()["version"] == 1
    assert len(program.get(HERE).json()["results"]) == 2


def test_without_dry_run_it_begins_at_once(program, runs, drain):
    assert ask(program, dry_run=False).json()["status"] == "running"
    drain()
    assert [row["version"] for row in program.get("runs?template=order").json()["results"]] == [2, 2]


def test_suspend_resume_cancel(program, runs, drain):
    one = f"{HERE}/{ask(program).json()['id']}"
    assert program.post(f"{one}/suspend").status_code == 409
    program.post(f"{one}/start")
    assert program.post(f"{one}/suspend", {"reason": "wait"}).json()["status"] == "suspended"
    drain()
    assert program.get(one).json()["counts"]["done"] == 0
    assert program.post(f"{one}/resume").json()["status"] == "running"
    assert program.post(f"{one}/cancel").json()["counts"]["left"] == 2


def test_what_is_wrong_is_said_with_pointers(program, runs):
    answer = ask(program, steps={"look": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_plan")
    assert answer.json()["errors"][0]["pointer"] == "/steps/look"
    assert ask(program, to_version=1).json()["code"] == "same_version"
    assert ask(program, to_version=9).status_code == 404
    assert ask(program, reason=" ").status_code == 422
    assert ask(program, go_on=[]).status_code == 422
    assert ask(program, vars={"a": "= nonsense("}).json()["verdicts"]["needs_input"] == 2


def test_only_those_with_the_right(finance, auditor, runs, program):
    assert ask(finance).status_code == 403
    assert ask(auditor).status_code == 403
    one = f"{HERE}/{ask(program).json()['id']}"
    assert finance.post(f"{one}/start").status_code == 403
    assert auditor.get(one).status_code == 200


def test_other_operations_are_not_migrations(program, runs):
    made = program.post(
        "bulk-operations", {"command": "cancel_runs", "filter": {"template": "order"}, "reason": "x"}
    )
    assert program.get(f"{HERE}/{made.json()['id']}").status_code == 404
    assert program.get(f"{HERE}/{UNKNOWN}").status_code == 404
    assert program.get("workflow-templates/nothing/migrations").status_code == 404


def roll_back(program, **more):
    return program.post("workflow-templates/order/versions/1/roll-back", {"reason": "wrong prices", **more})


def test_taking_a_version_back_may_look_at_the_running_work(program, published, alpha, drain):
    moving = start(program)
    taken = roll_back(program, running="migrate")
    assert taken.status_code == 200, taken.json()
    assert (taken.json()["number"], taken.json()["status"]) == (1, "published")
    one = f"{HERE}/{taken.json()['migration']}"
    dry = program.get(one).json()
    assert (dry["from_version"], dry["to_version"], dry["status"]) == (2, 1, "previewed")
    assert dry["verdicts"]["compatible"] == 1
    assert program.get(f"runs/{moving['id']}").json()["version"] == 2
    program.post(f"{one}/start")
    drain()
    assert program.get(f"runs/{moving['id']}").json()["version"] == 1


def test_taking_a_version_back_leaves_running_work_where_it_is(program, runs):
    start(program)
    assert roll_back(program).json()["migration"] is None
    assert program.get(HERE).json()["results"] == []
    assert roll_back(program, running="perhaps").status_code == 422


def test_without_runs_there_is_nothing_to_migrate(program):
    assert roll_back(program, running="migrate").json()["migration"] is None
