"""Failures: automatic attempts, `on_error`, exceptions and their ways out, roll-back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.workflows.engine.commands import CompleteStep, FailStep, RollBack, SkipStep, StepError
from apps.workflows.engine.effects import CloseWork, Compensate, PerformAction
from tests.unit.engine.world import World


def action(step_id: str = "call", **more: Any) -> dict[str, Any]:
    return {
        "id": step_id,
        "kind": "action",
        "connection": "psa",
        "operation": "create",
        "input": {"n": "= input.n"},
        **more,
    }


def undoable(step_id: str, **more: Any) -> dict[str, Any]:
    undo = {"operation": "archive", "input": {"id": f"= steps.{step_id}.id"}}
    return action(step_id, compensate=undo, **more)


def test_transient_failures_are_retried_with_growing_pauses_and_one_key() -> None:
    world = World.of(action(retry={"max": 3, "backoff": "PT10S", "factor": 3, "cap": "PT20S"}))
    world.start(n=1)
    first = world.work["call#1"]
    assert (first.attempt, first.run_at, first.last_attempt) == (1, None, False)
    world.fail("call#1", "http_503", retryable=True)
    second = world.work["call#1"]
    assert timedelta(seconds=8) <= second.run_at - world.now <= timedelta(seconds=12)
    world.fail("call#1", "http_503", retryable=True)
    third = world.work["call#1"]
    assert timedelta(seconds=16) <= third.run_at - world.now <= timedelta(seconds=24)
    assert third.last_attempt
    assert {first.idempotency, second.idempotency, third.idempotency} == {"call#1/1"}
    world.fail("call#1", "http_503", retryable=True)
    raised = world.exceptions["call#1"]
    assert (raised.code, raised.attempt, raised.payload) == ("http_503", 3, {"n": 1})


def test_retry_after_is_respected() -> None:
    world = World.of(action())
    world.start(n=1)
    world.send(FailStep("call#1", StepError("busy", "busy", retryable=True, retry_after=120.0)))
    assert world.work["call#1"].run_at >= world.now + timedelta(seconds=120)


def test_permanent_failures_go_to_a_person_at_once() -> None:
    world = World.of(action(owner={"role": "finance"}))
    world.start(n=1)
    world.send(FailStep("call#1", StepError("http_422", "Bad.", details={"status": 422})))
    raised = world.exceptions["call#1"]
    assert raised.owner == {"role": "finance"}
    assert raised.details["error"]["details"] == {"status": 422}


def test_edit_and_retry_starts_a_new_epoch_with_the_new_input() -> None:
    world = World.of(action())
    world.start(n=1)
    world.fail("call#1")
    world.retry("call#1", {"n": 2})
    again = world.work["call#1"]
    assert isinstance(again, PerformAction)
    assert (again.input, again.epoch, again.attempt, again.idempotency) == ({"n": 2}, 2, 1, "call#1/2")
    assert world.send(CompleteStep("call#1", {}, epoch=1)).refused == "stale"
    world.fail("call#1", retryable=True)
    assert world.work["call#1"].input == {"n": 2}
    world.send(CompleteStep("call#1", {"id": 7}, epoch=2, attempt=2))
    assert world.state.outputs["call"] == {"id": 7}


def test_skip_with_reason() -> None:
    world = World.of(action(), {"id": "s", "kind": "set", "values": {"x": "= steps.call.id"}})
    world.start(n=1)
    world.fail("call#1")
    world.send(SkipStep("call#1", {"id": "by hand"}, {"label": "Ada"}, "done by phone"))
    assert world.state.vars == {"x": "by hand"}


def test_on_error_continue_and_list() -> None:
    world = World.of(action(on_error="continue"))
    world.start(n=1)
    world.fail("call#1", "gone")
    assert world.state.outcome == "completed"
    assert world.state.outputs["call"]["error"]["code"] == "gone"
    tell = {"id": "tell", "kind": "notify", "message": "m", "to": "= steps.call.error.code"}
    world = World.of(action(on_error=[tell]), {"id": "after", "kind": "notify", "message": "m", "to": "x"})
    world.start(n=1)
    world.fail("call#1", "gone")
    assert world.work["tell#1"].to == "gone"
    assert world.send(CompleteStep("call#1")).refused == "not_waiting"
    world.done("tell#1")
    assert set(world.work) == {"after#1"}


def test_on_error_retry_tries_any_step_again() -> None:
    world = World.of({"id": "n", "kind": "notify", "message": "m", "to": "x", "on_error": "retry"})
    world.start()
    world.fail("n#1")
    assert world.work == {}
    world.fire("n#1/retry")
    assert world.work["n#1"].attempt == 2
    world.fail("n#1")
    world.fire("n#1/retry")
    world.fail("n#1")
    assert world.exceptions["n#1"].attempt == 3


@pytest.mark.parametrize(
    "step",
    [
        action("x", input={"a": "= input.missing"}),
        {"id": "x", "kind": "set", "values": {"a": "= input.missing"}},
        {"id": "x", "kind": "set", "values": {"a": 1}, "when": "input.missing"},
        {"id": "x", "kind": "user_task", "assignee": {"role": "r"}, "due": "= input.missing"},
        {"id": "x", "kind": "choice", "cases": [{"when": "input.missing", "steps": []}]},
        {"id": "x", "kind": "check", "rules": [{"expr": "input.missing"}]},
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_an_exception_not_a_crash(step: dict[str, Any]) -> None:
    world = World.of(step)
    world.start(n=1)
    raised = world.exceptions["x#1"]
    assert raised.code == "expression_error"
    assert "missing" in raised.message
    world.retry("x#1")
    assert world.exceptions["x#1"].epoch == 2
    world.send(SkipStep("x#1"))
    assert world.state.outcome == "completed"


def rolled(world: World) -> list[tuple[str, Any]]:
    return [(effect.undoes, effect.input) for effect in world.log if isinstance(effect, Compensate)]


def test_roll_back_compensates_in_reverse_order_one_after_another() -> None:
    world = World.of(undoable("a"), action("plain"), undoable("b"), action("c"))
    world.start(n=1)
    for visit in ("a#1", "plain#1", "b#1"):
        world.done(visit, id=f"id-{visit}")
    world.fail("c#1")
    world.send(RollBack("wrong customer", {"label": "Ada"}))
    assert set(world.work) == {"b#1~undo"}
    assert world.work["b#1~undo"].idempotency == "b#1~undo/1"
    assert world.send(RollBack()).refused == "rolling_back"
    world.done("b#1~undo")
    world.done("a#1~undo")
    assert rolled(world) == [("b#1", {"id": "id-b#1"}), ("a#1", {"id": "id-a#1"})]
    assert world.state.outcome == "rolled_back"
    assert world.state.outputs["a"] == {"id": "id-a#1"}


def test_a_failing_compensation_is_retried_then_goes_to_a_person() -> None:
    world = World.of(undoable("a", retry={"max": 2}), action("c"))
    world.start(n=1)
    world.done("a#1", id=5)
    world.send(RollBack("x"))
    world.fail("c#1", "withdrawn")
    world.fail("a#1~undo", retryable=True)
    assert world.work["a#1~undo"].attempt == 2
    world.fail("a#1~undo", retryable=True)
    assert world.exceptions["a#1~undo"].payload == {"id": 5}
    world.retry("a#1~undo", {"id": 6})
    assert (world.work["a#1~undo"].input, world.work["a#1~undo"].epoch) == ({"id": 6}, 2)
    world.fail("a#1~undo")
    world.send(SkipStep("a#1~undo", {}, {"label": "Ada"}, "archived by hand"))
    assert world.state.outcome == "rolled_back"


def test_roll_back_waits_for_actions_under_way_and_undoes_what_they_did() -> None:
    world = World.of(
        {"id": "p", "kind": "parallel", "branches": [[undoable("a")], [undoable("b")], [action("c")]]}
    )
    world.start(n=1)
    world.send(RollBack("x"))
    drains = [effect.visit for effect in world.log if isinstance(effect, CloseWork) and effect.drain]
    assert sorted(drains) == ["a#1", "b#1", "c#1"]
    world.done("a#1", id=1)
    world.fail("b#1", "withdrawn", retryable=True)
    assert rolled(world) == []
    world.done("c#1")
    assert rolled(world) == [("a#1", {"id": 1})]
    world.done("a#1~undo")
    assert world.state.outcome == "rolled_back"


def test_roll_back_with_nothing_to_undo_is_over_at_once() -> None:
    world = World.of({"id": "t", "kind": "user_task", "assignee": {"role": "r"}})
    world.start()
    world.send(RollBack("x"))
    assert world.state.outcome == "rolled_back"


def test_a_compensation_whose_input_cannot_be_had_goes_to_a_person() -> None:
    world = World.of(undoable("a"), action("c"))
    world.start(n=1)
    world.done("a#1")
    world.fail("c#1")
    world.send(RollBack("x"))
    assert world.exceptions["a#1~undo"].code == "expression_error"
    world.retry("a#1~undo", {"id": 9})
    assert world.work["a#1~undo"].input == {"id": 9}
    world.done("a#1~undo")
    assert world.state.outcome == "rolled_back"
