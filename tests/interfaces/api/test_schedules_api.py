"""Schedules over REST: made, changed, held, removed; what is wrong, who may, and whose they are."""

from datetime import datetime

import pytest

from apps.accounts.choices import Role
from apps.ledger.services import unit_of_work
from apps.workflows.models import Schedule
from apps.workflows.services import publish_version, save_draft
from apps.workflows.services.schedules import fire_schedule
from tenants.context import tenant_context
from tests.integration.accounts.people import SYSTEM
from tests.interfaces.api.conftest import Program, make_key
from tests.interfaces.api.orders import HOST, SOURCE

NIGHTLY = {
    "key": "nightly",
    "name": "Every night",
    "template": "order",
    "cron": "0 6 * * 1-5",
    "zone": "Europe/Berlin",
    "input": {"amount": 5, "name": "N"},
    "catch_up": "each",
    "catch_up_limit": 3,
}


@pytest.fixture
def nightly(published, program):
    made = program.post("schedules", NIGHTLY)
    assert made.status_code == 201, made.json()
    return made


def put(program, **values):
    body = {name: value for name, value in {**NIGHTLY, **values}.items() if name != "key"}
    return program.send("PUT", "schedules/nightly", body)


def pointers(answer):
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return [problem["pointer"] for problem in answer.json()["errors"]]


def test_a_schedule_is_made_read_changed_and_removed(program, nightly):
    assert nightly["Location"] == "/api/v1/schedules/nightly"
    made = nightly.json()
    assert {name: made[name] for name in NIGHTLY} == NIGHTLY
    assert (made["status"], made["declared"], len(made["next_fires"])) == ("active", False, 5)
    moments = [datetime.fromisoformat(text) for text in made["next_fires"]]
    assert moments == sorted(moments)
    assert program.get("schedules/nightly").json()["next_fires"] == made["next_fires"]
    read = program.get("schedules/nightly")
    saved = put(program, name="Later", cron="30 7 * * *")
    assert (saved.status_code, saved.json()["name"], saved.json()["cron"]) == (200, "Later", "30 7 * * *")
    body = {name: value for name, value in NIGHTLY.items() if name != "key"}
    stale = program.send("PUT", "schedules/nightly", body, If_Match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    assert program.send("DELETE", "schedules/nightly", None).status_code == 204
    assert program.get("schedules/nightly").status_code == 404
    assert put(program).status_code == 404
    assert program.send("DELETE", "schedules/nightly", None).status_code == 404


def test_they_are_listed_by_status_and_template(program, nightly):
    def keys(query=""):
        return [row["key"] for row in program.get(f"schedules{query}").json()["results"]]

    assert keys() == keys("?status=active") == keys("?template=order") == ["nightly"]
    assert keys("?status=paused") == keys("?template=other") == []
    assert program.get("schedules?status=asleep").status_code == 422
    assert program.get("schedules?state=active").status_code == 422


def test_one_is_held_with_a_reason_and_goes_on(program, nightly):
    assert pointers(program.post("schedules/nightly/pause", {})) == ["/reason"]
    assert pointers(program.post("schedules/nightly/pause", {"reason": " "})) == ["/reason"]
    held = program.post("schedules/nightly/pause", {"reason": "stock-taking"}).json()
    assert (held["status"], held["pause_reason"], held["next_fires"]) == ("paused", "stock-taking", [])
    assert held["paused_by"]
    assert held["paused_at"]
    assert program.post("schedules/nightly/pause", {"reason": "again"}).status_code == 409
    assert put(program, name="Changed while held").json()["next_fires"] == []
    gone_on = program.post("schedules/nightly/resume", {"reason": "done"}).json()
    assert (gone_on["status"], gone_on["pause_reason"], len(gone_on["next_fires"])) == ("active", "", 5)
    assert program.post("schedules/nightly/resume", {}).status_code == 409


def test_what_became_of_its_times(program, nightly, alpha):
    assert program.get("schedules/nightly/fires").json()["results"] == []
    with tenant_context(alpha), unit_of_work(SYSTEM):
        row = Schedule.objects.get(key="nightly")
        fire_schedule(row.pk, row.next_fire_at)
    (told,) = program.get("schedules/nightly/fires").json()["results"]
    assert (told["fire_at"], told["outcome"], told["passed"]) == (
        nightly.json()["next_fires"][0],
        "started",
        0,
    )
    assert program.get(f"runs/{told['run']}").json()["template"] == "order"
    assert program.get("schedules/none/fires").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"cron": "every night"}, "/cron"),
        ({"cron": "61 * * * *"}, "/cron"),
        ({"cron": ""}, "/cron"),
        ({"zone": "Nowhere/Land"}, "/zone"),
        ({"template": "none"}, "/template"),
        ({"template": "No Slug"}, "/template"),
        ({"catch_up": "never"}, "/catch_up"),
        ({"catch_up_limit": 0}, "/catch_up_limit"),
        ({"catch_up_limit": 1_000_000}, "/catch_up_limit"),
        ({"input": [1]}, "/input"),
        ({"key": "Every Night"}, "/key"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(program, published, wrong, pointer):
    assert pointers(program.post("schedules", {**NIGHTLY, **wrong})) == [pointer]
    assert program.get("schedules/nightly").status_code == 404


def test_a_key_is_given_once(program, nightly):
    again = program.post("schedules", NIGHTLY)
    assert (again.status_code, again.json()["code"]) == (409, "schedule_exists")


def test_what_a_template_declares_is_changed_there(program, alpha, drain):
    declared = SOURCE.replace(
        "input: {type: object, required: [amount]", "trigger: {schedule: 0 6 * * *}\ninput: {type: object"
    )
    with tenant_context(alpha):
        save_draft(source=declared, actor=SYSTEM)
        publish_version(template_key="order", number=1, actor=SYSTEM)
    drain()
    row = program.get("schedules/order").json()
    assert (row["declared"], row["cron"]) == (True, "0 6 * * *")
    body = {"name": "Mine", "template": "order", "cron": "0 7 * * *"}
    for answer in (
        program.send("PUT", "schedules/order", body),
        program.send("DELETE", "schedules/order", None),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "schedule_declared")
    assert program.post("schedules/order/pause", {"reason": "quiet"}).json()["status"] == "paused"


def test_who_may_read_and_who_may_write(program, nightly, auditor, finance):
    for reader in (auditor, finance):
        assert reader.get("schedules/nightly").status_code == 200
        assert reader.get("schedules/nightly/fires").status_code == 200
        for answer in (
            reader.post("schedules", {**NIGHTLY, "key": "mine"}),
            put(reader, name="Mine"),
            reader.send("DELETE", "schedules/nightly", None),
            reader.post("schedules/nightly/pause", {"reason": "mine"}),
            reader.post("schedules/nightly/resume", {}),
        ):
            assert answer.status_code == 403
    assert program.get("schedules/nightly")["ETag"] == nightly["ETag"]
    assert Program(HOST).get("schedules").status_code == 401


def test_a_key_needs_the_scope(alpha, nightly):
    narrow = Program(HOST, make_key(alpha, Role.TENANT_ADMIN, scopes=("schedules:read",), name="narrow"))
    assert narrow.get("schedules/nightly").status_code == 200
    assert narrow.post("schedules/nightly/pause", {"reason": "x"}).status_code == 403


def test_another_workspace_knows_nothing_of_it(beta, program, nightly):
    other = Program("beta.localhost:8000", make_key(beta, name="other"))
    assert other.get("schedules").json()["results"] == []
    for method, path, body in (
        ("GET", "schedules/nightly", None),
        ("GET", "schedules/nightly/fires", None),
        ("PUT", "schedules/nightly", {name: value for name, value in NIGHTLY.items() if name != "key"}),
        ("DELETE", "schedules/nightly", None),
        ("POST", "schedules/nightly/pause", {"reason": "x"}),
        ("POST", "schedules/nightly/resume", {}),
    ):
        assert other.send(method, path, body).status_code == 404
    assert pointers(other.post("schedules", NIGHTLY)) == ["/template"], "it has no such template"
    assert program.get("schedules/nightly")["ETag"] == nightly["ETag"]
