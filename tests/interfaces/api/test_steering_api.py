"""What people do to runs by hand, and pauses, over REST."""

import pytest

from tests.interfaces.api.orders import UNKNOWN, start, stop

pytestmark = pytest.mark.usefixtures("published")
LOOK = "look%231"


def test_skip_retry_reassign_and_jump(program):
    run = start(program)
    here = f"runs/{run['id']}"
    task = program.get(f"user-tasks?run={run['id']}").json()["results"][0]
    given = program.post(f"{here}/steps/{LOOK}/reassign", {"role": "auditor", "reason": "theirs"})
    assert given.status_code == 200, given.json()
    assert program.get(f"user-tasks/{task['id']}").json()["assignee_role"] == "auditor"
    again = program.post(f"{here}/steps/{LOOK}/retry", {"reason": "fresh form", "epoch": 1})
    assert again.status_code == 200
    late = program.post(f"{here}/steps/{LOOK}/retry", {"reason": "fresh form", "epoch": 1})
    assert (late.status_code, late.json()["code"]) == (409, "command_refused")
    assert program.post(f"{here}/jump", {"step": "known", "reason": "x"}).status_code == 200
    gone = program.post(f"{here}/steps/{LOOK}/skip", {"reason": "x"})
    assert "ended meanwhile" in gone.json()["detail"]
    ended = program.post(f"{here}/steps/look%232/skip", {"reason": "by phone", "output": {"fine": True}})
    assert ended.json()["status"] == "completed"
    assert ended.json()["outputs"]["look"] == {"fine": True}


def test_replay_names_both_ways(program):
    case = stop(program)
    body = {"reason": "with the name", "input": {"amount": 5, "name": "N"}}
    made = program.post(f"runs/{case['run']}/replay", body, Idempotency_Key="r-1")
    assert made.status_code == 201, made.json()
    assert made.json()["replay_of"] == case["run"]
    assert (
        program.post(f"runs/{case['run']}/replay", body, Idempotency_Key="r-1").json()["id"]
        == made.json()["id"]
    )
    wrong = program.post(f"runs/{case['run']}/replay", {"reason": "x", "input": {"amount": "a"}})
    assert wrong.json()["errors"][0]["pointer"] == "/input/amount"
    both = {"reason": "x", "step": "look", "input": {"amount": 6}}
    assert program.post(f"runs/{case['run']}/replay", both).json()["code"] == "input_with_step"
    assert program.post(f"runs/{case['run']}/replay", {"reason": "x", "version": "odd"}).status_code == 422


def test_pauses_are_told_with_who_and_why(program, finance):
    run = start(program)
    here = f"runs/{run['id']}"
    assert program.post(f"{here}/pause", {"reason": ""}).status_code == 422
    paused = program.post(f"{here}/pause", {"reason": "audit"})
    assert (paused.status_code, paused.json()["paused_by"]) == (200, ["run"])
    assert program.post(f"{here}/pause", {"reason": "audit"}).json()["code"] == "already_paused"
    held = program.get("pauses?open=true").json()["results"]
    assert [(row["scope"], row["key"], row["reason"], row["began_by"]["label"]) for row in held] == [
        ("run", run["id"], "audit", "integrator")
    ]
    assert program.post(f"{here}/resume").json()["paused_by"] == []
    assert program.get("pauses?open=true").json()["results"] == []
    assert program.get("pauses?scope=run&open=false").json()["results"][0]["ended_at"]
    assert finance.post("workspace/pause", {"reason": "x"}).status_code == 403
    for path in ("workflow-templates/order", "workspace"):
        assert program.post(f"{path}/pause", {"reason": "x"}).json()["reason"] == "x"
        assert program.post(f"{path}/resume").json()["ended_at"]
        assert program.post(f"{path}/resume").json()["code"] == "not_paused"


def test_a_pause_is_on_the_time_of_whom_it_names(program):
    run = start(program)
    here = f"runs/{run['id']}"
    wrong = program.post(f"{here}/pause", {"reason": "x", "party": "platform"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/party")
    program.post(f"{here}/pause", {"reason": "they asked for it", "party": "vendor_system"})
    assert program.get("pauses?open=true").json()["results"][0]["party"] == "vendor_system"
    segments = program.get(f"{here}/clocks").json()["segments"]
    assert [segments[-1][name] for name in ("party", "cause")] == ["vendor_system", "paused"]
    program.post("workflow-templates/order/pause", {"reason": "x", "party": "vendor_system"})
    born = start(program)
    assert program.get(f"runs/{born['id']}/clocks").json()["segments"][-1]["party"] == "vendor_system"
    assert program.post("workspace/pause", {"reason": "x"}).json()["party"] == "us"


def test_many_are_paused_on_one_partys_time(program):
    run = start(program)
    ask = {"command": "pause_runs", "filter": {"ids": [run["id"]]}, "reason": "they move house"}
    odd = program.post("bulk-operations", {**ask, "parameters": {"party": "nobody"}})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "/parameters/party")
    made = program.post("bulk-operations", {**ask, "parameters": {"party": "vendor_system"}})
    assert made.json()["parameters"] == {"party": "vendor_system"}
    assert program.post("bulk-operations", ask).status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("jump", {"step": "known"}),
        ("replay", {}),
        ("pause", {}),
        (f"steps/{LOOK}/retry", {}),
        (f"steps/{LOOK}/skip", {}),
        (f"steps/{LOOK}/reassign", {"role": "finance"}),
        (f"steps/{LOOK}/answer", {}),
    ],
)
def test_who_may_and_what_is_asked_for(program, auditor, path, body):
    run = start(program)
    assert auditor.post(f"runs/{run['id']}/{path}", {**body, "reason": "x"}).status_code == 403
    assert program.post(f"runs/{UNKNOWN}/{path}", {**body, "reason": "x"}).status_code == 404
    assert program.post(f"runs/{run['id']}/{path}", body).status_code == 422
    assert program.get(f"runs/{run['id']}/{path}").status_code == 405


@pytest.mark.parametrize("visit", ["nothing", "look%2399", "%00", "look", "%23", "a~undo"])
def test_visits_that_are_none(program, visit):
    run = start(program)
    answer = program.post(f"runs/{run['id']}/steps/{visit}/skip", {"reason": "x"})
    assert answer.status_code in (404, 409), answer.json()
