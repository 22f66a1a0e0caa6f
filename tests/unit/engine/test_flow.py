"""Control flow: sequence, conditions, choice, parallel, rework, ends, cancelling."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.engine.commands import Cancel, CompleteStep, RetryStep, Start
from apps.workflows.engine.effects import CloseWork, OpenApproval, OpenUserTask
from tests.unit.engine.world import World


def task(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "kind": "user_task", "assignee": {"role": "finance"}, **more}


def put(step_id: str, **values: Any) -> dict[str, Any]:
    return {"id": step_id, "kind": "set", "values": values}


def test_steps_that_wait_for_nobody_collapse_into_one_decision() -> None:
    world = World.of(put("a", x=1), put("b", y="= vars.x + 1"), task("c", show={"y": "= vars.y"}))
    decision = world.start()
    assert [event.kind for event in decision.events] == [
        "run_started",
        "variables_set",
        "step_completed",
        "variables_set",
        "step_completed",
        "step_started",
    ]
    opened = world.work["c#1"]
    assert isinstance(opened, OpenUserTask)
    assert opened.show == {"y": 2}
    world.done("c#1", answer=42)
    assert world.state.outcome == "completed"
    assert world.state.outputs["c"] == {"answer": 42}


def test_a_false_condition_skips_the_step() -> None:
    world = World.of(task("a", when="input.big"), task("b", when="!input.big"))
    world.start(big=False)
    assert set(world.work) == {"b#1"}
    assert any(event.kind == "step_skipped" and event.step == "a" for event in world.history)


def test_choice_takes_the_first_case_that_holds() -> None:
    steps = {
        "id": "pick",
        "kind": "choice",
        "cases": [
            {"when": "input.n > 10", "steps": [task("large")]},
            {"when": "input.n > 5", "steps": [task("middle")]},
        ],
        "otherwise": [task("small")],
    }
    for n, expected, slot in ((11, "large", "cases.0"), (6, "middle", "cases.1"), (1, "small", "otherwise")):
        world = World.of(steps)
        world.start(n=n)
        assert set(world.work) == {f"{expected}#1"}
        world.done(f"{expected}#1")
        assert world.state.outputs["pick"] == {"case": slot}
        assert world.state.outcome == "completed"


def test_choice_without_a_match_goes_on() -> None:
    world = World.of(
        {"id": "pick", "kind": "choice", "cases": [{"when": "false", "steps": [task("a")]}]}, task("b")
    )
    world.start()
    assert set(world.work) == {"b#1"}


@pytest.mark.parametrize(("join", "needed"), [("all", 3), ("any", 1), (2, 2)])
def test_parallel_joins(join: str | int, needed: int) -> None:
    branches = [[task("a")], [task("b"), task("b2")], [task("c")]]
    world = World.of({"id": "p", "kind": "parallel", "join": join, "branches": branches}, task("after"))
    world.start()
    assert set(world.work) == {"a#1", "b#1", "c#1"}
    for number, visit in enumerate(("c#1", "a#1", "b#1"), start=1):
        if visit in world.work:
            world.done(visit)
        if number == needed and needed < 3:
            break
    if needed == 3:
        world.done("b2#1")
    assert set(world.work) == {"after#1"}
    closed = {effect.visit for effect in world.log if isinstance(effect, CloseWork)}
    assert closed == {"all": set(), "any": {"a#1", "b#1"}, 2: {"b#1"}}[join]


def test_parallel_with_an_empty_branch() -> None:
    world = World.of({"id": "p", "kind": "parallel", "branches": [[], [task("a")]]})
    world.start()
    world.done("a#1")
    assert world.state.outputs["p"] == {"ended": [0, 1]}


def test_any_join_decided_by_a_step_that_waits_for_nobody_leaves_nothing_open() -> None:
    branches = [[task("a")], [put("quick", x=1)], [task("never")]]
    world = World.of({"id": "p", "kind": "parallel", "join": "any", "branches": branches})
    world.start()
    assert world.state.outcome == "completed"


def test_end_closes_other_branches() -> None:
    branches = [
        [task("a")],
        [task("b"), {"id": "stop", "kind": "end", "outcome": "lost", "output": {"why": "= input.w"}}],
    ]
    world = World.of({"id": "p", "kind": "parallel", "branches": branches}, task("after"))
    world.start(w="price")
    world.done("b#1")
    assert world.finished is not None
    assert world.finished.outcome == "lost"
    assert world.finished.output == {"why": "price"}
    assert world.state.outcome == "lost"


def test_end_as_last_step_gives_its_own_outcome() -> None:
    world = World.of({"id": "stop", "kind": "end", "outcome": "won"})
    world.start()
    assert world.state.outcome == "won"
    assert [event.kind for event in world.history].count("run_finished") == 1


def approval(**more: Any) -> dict[str, Any]:
    return {"id": "ok", "kind": "approval", "policy": "staffing", **more}


def test_rework_visits_steps_again_and_counts_them() -> None:
    world = World.of(task("draft"), approval(on_reject={"return_to": "draft", "max": 2}))
    world.start()
    world.done("draft#1", text="first")
    world.done("ok#1", outcome="rejected", comment="too short")
    assert set(world.work) == {"draft#2"}
    assert world.state.outputs["ok"]["comment"] == "too short"
    world.done("draft#2", text="second")
    assert world.state.outputs["draft"] == {"text": "second"}
    assert world.work["ok#2"].epoch == 1
    world.done("ok#2", outcome="rejected")
    assert world.exceptions["ok#2"].code == "rework_limit"
    world.retry("ok#2")
    assert isinstance(world.work["ok#2"], OpenApproval)
    world.done("ok#2", outcome="approved")
    assert world.state.outcome == "completed"


def test_rework_out_of_a_branch_closes_the_whole_parallel() -> None:
    inside = approval(on_reject={"return_to": "draft"})
    world = World.of(task("draft"), {"id": "p", "kind": "parallel", "branches": [[inside], [task("other")]]})
    world.start()
    world.done("draft#1")
    assert set(world.work) == {"ok#1", "other#1"}
    world.done("ok#1", outcome="rejected")
    assert set(world.work) == {"draft#2"}
    world.done("draft#2")
    assert set(world.work) == {"ok#2", "other#2"}


def test_rework_inside_a_branch_leaves_the_other_branch_alone() -> None:
    inside = [task("draft"), approval(on_reject={"return_to": "draft"})]
    world = World.of({"id": "p", "kind": "parallel", "branches": [inside, [task("other")]]})
    world.start()
    world.done("draft#1")
    world.done("ok#1", outcome="rejected")
    assert set(world.work) == {"draft#2", "other#1"}


@pytest.mark.parametrize(
    ("reaction", "outcome"), [("end", "rejected"), ("continue", "completed"), ([put("x", y=1)], "completed")]
)
def test_what_follows_a_rejection(reaction: Any, outcome: str) -> None:
    world = World.of(approval(on_reject=reaction))
    world.start()
    world.done("ok#1", outcome="rejected")
    assert world.state.outcome == outcome
    assert world.state.outputs["ok"]["outcome"] == "rejected"


def test_cancel_closes_everything() -> None:
    world = World.of({"id": "p", "kind": "parallel", "branches": [[task("a", due="P1D")], [approval()]]})
    world.start()
    world.send(Cancel("customer left", {"kind": "user", "label": "Ada"}))
    assert world.state.outcome == "cancelled"
    assert world.work == {}
    assert world.timers == {}


def test_commands_that_do_not_apply_are_refused_with_the_reason() -> None:
    world = World.of(task("a"), task("b"))
    assert world.send(CompleteStep("a#1")).refused == "not_started"
    world.start()
    assert world.send(Start({}, {"id": "x"})).refused == "already_started"
    world.done("a#1")
    assert world.send(CompleteStep("a#1")).refused == "visit_closed"
    assert world.send(CompleteStep("b#1", epoch=2)).refused == "stale"
    assert world.send(CompleteStep("b#1", attempt=2)).refused == "stale"
    assert world.send(RetryStep("b#1", epoch=2)).refused == "stale"
    world.done("b#1")
    assert world.send(Cancel()).refused == "run_finished"


def test_an_overdue_step_is_noted_and_goes_on() -> None:
    world = World.of(task("a", due="P2D"), task("b"))
    world.start()
    due_at = world.timers["a#1/due"].at
    assert world.work["a#1"].due_at == due_at
    decision = world.fire("a#1/due")
    assert [event.kind for event in decision.events] == ["step_overdue"]
    assert "a#1" in world.work
    world.done("a#1")
    assert set(world.work) == {"b#1"}


def test_a_loop_without_a_pause_is_stopped() -> None:
    again = {
        "id": "no",
        "kind": "check",
        "rules": [{"expr": "false"}],
        "on_fail": {"return_to": "a", "max": 100},
    }
    world = World.of(put("a", x=1), again)
    world.start()
    assert world.exceptions["no#100"].code == "rework_limit"
