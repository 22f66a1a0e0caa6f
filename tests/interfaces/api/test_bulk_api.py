"""Bulk operations over REST: preview, start, suspend, resume, cancel, items, and the filters they share with lists."""

import pytest

from tests.interfaces.api.conftest import Program
from tests.interfaces.api.orders import UNKNOWN, start, stop

pytestmark = pytest.mark.usefixtures("published")


def prepare(program: Program, **more):
    body = {"command": "cancel_runs", "filter": {"template": "order"}, "reason": "a test", **more}
    return program.post("bulk-operations", body)


def test_preview_start_and_items(program, drain):
    for number in range(3):
        start(program, name=f"Order {number}")
    stop(program)
    made = prepare(program, filter={"step": "look"})
    assert made.status_code == 201
    shape = made.json()
    here = f"bulk-operations/{shape['id']}"
    assert made["Location"] == f"/api/v1/{here}"
    assert (shape["status"], shape["total"], shape["counts"]["pending"]) == ("previewed", 3, 3)
    items = program.get(f"{here}/items?limit=2").json()
    assert [item["label"] for item in items["results"]] == ["Order 0", "Order 1"]
    assert items["next"]
    assert program.post(f"{here}/start").json()["status"] == "running"
    again = program.post(f"{here}/start")
    assert (again.status_code, again.json()["code"]) == (409, "bulk_not_ready")
    drain()
    ended = program.get(here).json()
    assert (ended["status"], ended["counts"]["done"]) == ("finished", 3)
    done = program.get(f"{here}/items?state=done").json()["results"]
    assert {item["note"] for item in done} == {"Cancelled."}
    assert len(program.get("runs?status=cancelled").json()["results"]) == 3
    assert [row["id"] for row in program.get("bulk-operations?status=finished").json()["results"]] == [
        shape["id"]
    ]


def test_the_same_preview_twice_is_one(program):
    start(program)
    body = {"command": "cancel_runs", "filter": {"template": "order"}, "reason": "x"}
    first = program.post("bulk-operations", body, Idempotency_Key="k-1").json()
    assert program.post("bulk-operations", body, Idempotency_Key="k-1").json()["id"] == first["id"]
    assert len(program.get("bulk-operations").json()["results"]) == 1


def test_suspend_resume_cancel(program, drain):
    start(program)
    here = f"bulk-operations/{prepare(program).json()['id']}"
    assert program.post(f"{here}/suspend").status_code == 409
    program.post(f"{here}/start")
    assert program.post(f"{here}/suspend", {"reason": "wait"}).json()["status"] == "suspended"
    assert program.post(f"{here}/resume").json()["status"] == "running"
    ended = program.post(f"{here}/cancel").json()
    assert (ended["status"], ended["counts"]["left"]) == ("cancelled", 1)
    drain()
    assert program.get("runs?status=running").json()["results"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"command": "destroy"}, "/command"),
        ({"reason": ""}, "/reason"),
        ({"filter": {"colour": "red"}}, "/filter/colour"),
        ({"filter": {"template": "none"}}, "/filter"),
        ({"filter": []}, "/filter"),
        ({"parameters": {"a": 1}}, "/parameters"),
        ({"odd": 1}, "/odd"),
    ],
)
def test_what_is_wrong_is_pointed_at(program, body, pointer):
    start(program)
    answer = prepare(program, **body)
    assert answer.status_code == 422, answer.json()
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_who_may(program, finance, auditor):
    stop(program)
    retry = {"command": "retry_exceptions", "filter": {"status": "open"}}
    assert finance.post("bulk-operations", retry).status_code == 201
    assert prepare(finance).status_code == 403
    assert auditor.post("bulk-operations", retry).status_code == 403
    assert len(auditor.get("bulk-operations").json()["results"]) == 1
    assert program.get(f"bulk-operations/{UNKNOWN}").status_code == 404
    assert program.get(f"bulk-operations/{UNKNOWN}/items").status_code == 404
    assert program.post(f"bulk-operations/{UNKNOWN}/start").status_code == 404


def test_the_commands_are_listed(program):
    commands = program.get("bulk-commands").json()["results"]
    assert {"key": "cancel_runs", "about": "run", "label": "Cancel", "action": "runs:write"}.items() <= next(
        command for command in commands if command["key"] == "cancel_runs"
    ).items()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("step=look", 1),
        ("step=known", 1),
        ("code=check_failed", 1),
        ("version=1&status=running", 2),
        ("older_than=P1D", 0),
        ("search=second", 0),
        (f"connection={UNKNOWN}", 0),
    ],
)
def test_lists_of_runs_take_the_same_filters(program, query, found):
    start(program)
    stop(program)
    assert len(program.get(f"runs?{query}").json()["results"]) == found
    assert program.get("runs?older_than=soon").json()["errors"][0]["pointer"] == "/older_than"
    assert len(program.get("exceptions?template=order&step=known&version=1").json()["results"]) == 1
