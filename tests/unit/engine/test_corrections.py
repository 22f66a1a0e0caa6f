"""What people do by hand: try again now, skip what is open, answer a wait, give work away, go back, replay."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.engine.commands import (
    AnswerWait,
    Command,
    CompleteStep,
    JumpTo,
    Reassign,
    RetryStep,
    Seed,
    SkipStep,
    Start,
)
from apps.workflows.engine.effects import CloseWork, ReassignWork
from tests.unit.engine.test_failures import action
from tests.unit.engine.test_flow import put, task
from tests.unit.engine.world import World

ADA = {"kind": "user", "label": "Ada"}


def closed(world: World) -> list[tuple[str, str]]:
    return [(effect.visit, effect.reason) for effect in world.log if isinstance(effect, CloseWork)]


def test_skip_withdraws_open_work_and_goes_on_with_the_output_given() -> None:
    world = World.of(task("a"), put("b", x="= steps.a.n"))
    world.start()
    world.send(SkipStep("a#1", {"n": 7}, ADA, "known already"))
    assert closed(world) == [("a#1", "skipped")]
    assert world.state.vars == {"x": 7}
    completed = next(
        event for event in world.history if event.visit == "a#1" and event.kind == "step_completed"
    )
    assert completed.data == {"output": {"n": 7}, "how": "skipped", "actor": ADA, "reason": "known already"}


def test_skip_of_a_container_closes_what_is_inside() -> None:
    branches = [
        [task("a")],
        [{"id": "c", "kind": "choice", "cases": [{"when": "true", "steps": [task("b")]}]}],
    ]
    world = World.of({"id": "p", "kind": "parallel", "branches": branches}, task("after"))
    world.start()
    world.send(SkipStep("p#1", {}, ADA, "not needed"))
    assert sorted(closed(world)) == [("a#1", "skipped"), ("b#1", "skipped")]
    assert set(world.work) == {"after#1"}


def test_retry_now_makes_the_planned_attempt_at_once_under_the_same_key() -> None:
    world = World.of(action())
    world.start(n=1)
    world.fail("call#1", "http_503", retryable=True)
    planned = world.work["call#1"]
    world.send(RetryStep("call#1", ADA, "it is up again"))
    now = world.work["call#1"]
    assert planned.run_at is not None
    assert (now.run_at, now.attempt, now.epoch) == (None, planned.attempt, planned.epoch)
    assert now.idempotency == planned.idempotency
    world.send(CompleteStep("call#1", {"id": 1}, epoch=1, attempt=2))
    assert world.state.outcome == "completed"


def test_retry_of_a_step_that_waits_for_its_next_attempt_by_a_timer() -> None:
    world = World.of({"id": "n", "kind": "notify", "message": "m", "to": "x", "on_error": "retry"})
    world.start()
    world.fail("n#1")
    world.retry("n#1")
    assert world.timers == {}
    assert (world.work["n#1"].attempt, world.work["n#1"].epoch) == (2, 1)


def test_retry_of_open_work_asks_anew_in_a_new_epoch() -> None:
    world = World.of(task("a"))
    world.start()
    world.retry("a#1")
    assert world.work["a#1"].epoch == 2
    assert world.send(CompleteStep("a#1", {}, epoch=1)).refused == "stale"


def test_a_call_under_way_is_repeated_under_its_own_key_only() -> None:
    world = World.of(action())
    world.start(n=1)
    assert world.retry("call#1", {"n": 2}).refused == "under_way"
    world.retry("call#1")
    assert world.work["call#1"].idempotency == "call#1/1"


def test_a_step_around_nested_ones_is_not_retried() -> None:
    world = World.of({"id": "c", "kind": "choice", "cases": [{"when": "true", "steps": [task("a")]}]})
    world.start()
    assert world.retry("c#1").refused == "not_retryable"


def wait(**more: Any) -> dict[str, Any]:
    return {"id": "w", "kind": "wait", **more}


def test_a_wait_is_answered_by_hand_with_the_event_or_with_the_time() -> None:
    event = {"type": "po.received", "match": "event.data.id == input.id"}
    world = World.of(wait(event=event), put("b", po="= steps.w.event.data.number"))
    world.start(id=1)
    assert world.send(AnswerWait("w#1", None, ADA, "x")).refused == "no_timer"
    world.send(AnswerWait("w#1", {"number": "PO-7"}, ADA, "came by post"))
    assert world.state.vars == {"po": "PO-7"}
    told = next(event for event in world.history if event.kind == "wait_answered")
    assert told.data == {"event": {"number": "PO-7"}, "actor": ADA, "reason": "came by post"}

    world = World.of(wait(**{"for": "P30D"}), task("after"))
    world.start()
    assert world.send(AnswerWait("w#1", {}, ADA, "x")).refused == "no_event"
    world.send(AnswerWait("w#1", None, ADA, "they agreed to start early"))
    assert set(world.work) == {"after#1"}
    assert world.timers == {}
    assert world.send(AnswerWait("after#1", None, ADA, "x")).refused == "not_waiting"

    world = World.of(wait(event=event, timeout={"after": "P30D", "then": [task("chase")]}))
    world.start(id=1)
    world.send(AnswerWait("w#1", None, ADA, "they will not answer"))
    assert set(world.work) == {"chase#1"}


def test_tasks_and_exceptions_are_given_to_others() -> None:
    world = World.of(task("a"), action("b"))
    world.start(n=1)
    world.send(Reassign("a#1", {"user": "u-1"}, ADA, "on leave"))
    assert world.log[-1] == ReassignWork("a#1", "a", "user_task", {"user": "u-1"})
    assert world.state.visits["a#1"].work["assignee"] == {"user": "u-1"}
    world.done("a#1")
    assert world.send(Reassign("b#1", {"role": "finance"})).refused == "not_assignable"
    world.fail("b#1")
    world.send(Reassign("b#1", {"role": "finance"}, ADA, "theirs"))
    assert world.log[-1] == ReassignWork("b#1", "b", "exception", {"role": "finance"})
    world.retry("b#1")
    assert "assignee" not in world.state.visits["b#1"].work


def test_jump_back_closes_what_is_open_and_enters_the_earlier_step_again() -> None:
    branches = [[task("x"), task("x2")], [task("y")]]
    world = World.of(task("a"), task("b"), {"id": "p", "kind": "parallel", "branches": branches}, task("z"))
    world.start()
    assert world.send(JumpTo("b")).refused == "not_visited"
    assert world.send(JumpTo("nowhere")).refused == "unknown_step"
    world.done("a#1")
    world.done("b#1")
    world.done("x#1")
    assert world.send(JumpTo("z")).refused == "not_visited"
    world.send(JumpTo("x", ADA, "wrong address"))
    assert set(world.work) == {"x#2", "y#1"}
    world.send(JumpTo("a", ADA, "wrong customer"))
    assert set(world.work) == {"a#2"}
    told = [event.data for event in world.history if event.kind == "jumped"]
    assert told[-1] == {"to": "a", "count": 2, "actor": ADA, "reason": "wrong customer"}
    assert world.send(JumpTo("x")).refused == "branch_not_open"
    assert world.send(JumpTo("b")).refused == "not_earlier"


def test_no_jump_into_a_branch_that_has_ended() -> None:
    branches = [[task("x")], [task("y")]]
    world = World.of({"id": "p", "kind": "parallel", "branches": branches})
    world.start()
    world.done("x#1")
    assert world.send(JumpTo("x")).refused == "branch_not_open"


def start(seed: Seed, at: str) -> Command:
    return Start({"n": 1}, {"id": "r"}, seed=seed, at=at)


def test_a_replay_begins_at_a_step_with_what_came_before() -> None:
    case = {"when": "false", "steps": [task("b"), task("c", show={"n": "= steps.a.n + vars.v"})]}
    world = World.of(task("a"), {"id": "pick", "kind": "choice", "cases": [case]}, task("d"))
    world.send(start(Seed({"a": {"n": 1}}, {"v": 2}, {"a": 2}), "c"))
    assert world.work["c#1"].show == {"n": 3}
    world.done("c#1")
    assert set(world.work) == {"d#1"}
    world.send(JumpTo("pick", ADA, "again"))
    world.done("d#2")
    assert world.state.counts["a"] == 2


@pytest.mark.parametrize(
    ("at", "why"), [("x", "inside_block"), ("nowhere", "unknown_step"), ("h", "inside_block")]
)
def test_a_replay_begins_only_where_a_beginning_is_well_defined(at: str, why: str) -> None:
    branches = [[task("x")], [task("y")]]
    world = World.of({"id": "p", "kind": "parallel", "branches": branches}, action("b", on_error=[task("h")]))
    assert world.send(start(Seed(), at)).refused == why
