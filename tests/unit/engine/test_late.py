"""Actions withdrawn while they may have been under way: what they did is undone by a later roll-back, once."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workflows.engine.commands import (
    Cancel,
    CompleteStep,
    FailStep,
    JumpTo,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.effects import CloseWork, Compensate
from apps.workflows.engine.history import LATE_OUTCOME, OUTCOME_AWAITED
from tests.unit.engine.world import World

TASK: dict[str, Any] = {"kind": "user_task", "assignee": {"role": "r"}}


def call(step_id: str = "call", undo: Any = None, **more: Any) -> dict[str, Any]:
    made = undo or {"id": f"= steps.{step_id}.id"}
    return {
        "id": step_id,
        "kind": "action",
        "connection": "psa",
        "operation": "create",
        "input": {},
        "compensate": {"operation": "remove", "input": made},
        **more,
    }


def race(*more: dict[str, Any], **own: Any) -> World:
    """A call beside a task of which one is enough."""
    either = {
        "id": "either",
        "kind": "parallel",
        "join": "any",
        "branches": [[call(**own)], [{"id": "ask", **TASK}]],
    }
    world = World.of(either, *(more or ({"id": "after", **TASK},)))
    world.start()
    return world


def hear(world: World, visit: str, epoch: int = 1, attempt: int = 1, **output: Any) -> str:
    return world.send(CompleteStep(visit, output, epoch=epoch, attempt=attempt)).refused


def undone(world: World) -> list[tuple[str, Any]]:
    return [(effect.visit, effect.input) for effect in world.log if isinstance(effect, Compensate)]


def roll_back(world: World) -> None:
    """Roll back and do every compensation."""
    world.send(RollBack("enough"))
    while not world.state.is_finished:
        world.done(next(iter(world.work)))


def test_what_was_done_after_the_branch_closed_is_undone_by_a_roll_back() -> None:
    world = race()
    world.done("ask#1")
    assert [effect.drain for effect in world.log if isinstance(effect, CloseWork)] == [True]
    assert list(world.state.visits) == ["after#1"]
    assert hear(world, "call#1", id=7) == ""
    assert world.state.outputs.keys() == {"ask", "either"}, "nobody uses what came too late"
    assert hear(world, "call#1", id=7) == "visit_closed"
    roll_back(world)
    assert undone(world) == [("call#1~undo", {"id": 7})]


def test_what_was_not_done_needs_no_undoing() -> None:
    world = race()
    world.done("ask#1")
    world.send(FailStep("call#1", StepError("withdrawn", "Not begun."), epoch=1))
    assert world.state.late == {}
    roll_back(world)
    assert undone(world) == []


def test_a_failure_that_could_be_retried_is_not_once_nothing_waits_for_it() -> None:
    world = race()
    world.done("ask#1")
    world.send(FailStep("call#1", StepError("unavailable", "Later.", retryable=True), epoch=1, attempt=1))
    assert world.state.late == {}
    assert world.history[-1].kind == LATE_OUTCOME


def test_a_roll_back_waits_for_the_outcome() -> None:
    world = race()
    world.done("ask#1")
    world.send(RollBack("enough"))
    assert world.state.status == "rolling_back"
    assert world.state.visits == {}
    hear(world, "call#1", id=8)
    assert undone(world) == [("call#1~undo", {"id": 8})]
    world.done("call#1~undo")
    assert world.state.outcome == "rolled_back"


@pytest.mark.parametrize("late", [True, False])
def test_what_nobody_knows_is_for_a_person(late: bool) -> None:
    """A call whose answer was lost, in a branch that has closed or during the roll-back itself."""
    world = race()
    if late:
        world.done("ask#1")
    world.send(RollBack("enough"))
    error = StepError("connection_lost", "The line was cut.", retryable=True, ambiguous=True)
    world.send(FailStep("call#1", error, epoch=1, attempt=1))
    assert [(effect.visit, effect.code) for effect in world.exceptions.values()] == [
        ("call#1~undo", "outcome_unknown")
    ]
    world.retry("call#1~undo", {"id": "found"})
    assert undone(world) == [("call#1~undo", {"id": "found"})]
    world.done("call#1~undo")
    assert world.state.outcome == "rolled_back"


LOST = StepError("connection_lost", "The line was cut.", ambiguous=True)


def asked_to_undo(world: World) -> list[str]:
    return [effect.visit for effect in world.exceptions.values() if effect.code == "outcome_unknown"]


@pytest.mark.parametrize("way", ["skipped", "continue", "handled", "left"])
def test_what_may_have_been_done_before_it_was_passed_over_is_asked_when_rolling_back(way: str) -> None:
    reactions: dict[str, Any] = {"continue": "continue", "handled": [{"id": "other", **TASK}]}
    world = World.of(call(on_error=reactions.get(way, "exception")), {"id": "after", **TASK})
    world.start()
    world.send(FailStep("call#1", LOST, epoch=1, attempt=1))
    if way == "skipped":
        world.send(SkipStep("call#1", {"id": "by hand"}, None, "it will do"))
    world.send(RollBack("enough"))
    assert asked_to_undo(world) == ["call#1~undo"]
    assert undone(world) == []
    world.send(SkipStep("call#1~undo", {}, None, "nothing to undo"))
    assert world.state.outcome == "rolled_back"


def test_tried_anew_after_an_unknown_outcome_both_are_seen_to() -> None:
    world = World.of(call(), {"id": "after", **TASK})
    world.start()
    world.send(FailStep("call#1", LOST, epoch=1, attempt=1))
    world.retry("call#1")
    hear(world, "call#1", epoch=2, id="second")
    world.send(RollBack("enough"))
    world.done("call#1~2~undo")
    assert undone(world) == [("call#1~2~undo", {"id": "second"})]
    assert asked_to_undo(world) == ["call#1~undo"]
    world.retry("call#1~undo", {"id": "first"})
    world.done("call#1~undo")
    assert world.state.outcome == "rolled_back"


def test_what_is_known_to_have_failed_or_cannot_be_undone_is_not_asked() -> None:
    for step, error in ((call(), StepError("no", "No.")), (call(compensate=None), LOST)):
        world = World.of(step, {"id": "after", **TASK})
        world.start()
        world.send(FailStep("call#1", error, epoch=1, attempt=1))
        world.send(SkipStep("call#1", {}, None, "known"))
        world.send(RollBack("enough"))
        assert world.state.outcome == "rolled_back"


def test_an_answer_of_another_attempt_is_stale() -> None:
    world = race()
    world.fail("call#1", retryable=True)
    world.done("ask#1")
    assert hear(world, "call#1", attempt=1, id=1) == "stale"
    assert hear(world, "call#1", attempt=2, id=1) == ""


@pytest.mark.parametrize("outcome", ["cancelled", "completed"])
def test_a_run_that_ends_forgets_it(outcome: str) -> None:
    world = race()
    world.done("ask#1")
    if outcome == "cancelled":
        world.send(Cancel("enough"))
    else:
        world.done("after#1")
    assert world.state.outcome == outcome
    assert (world.state.late, world.late) == ({}, {})
    assert hear(world, "call#1", id=1) == "run_finished"


def test_an_action_without_compensation_is_simply_withdrawn() -> None:
    world = race(compensate=None)
    world.done("ask#1")
    assert world.state.late == {}
    assert hear(world, "call#1", id=1) == "visit_closed"


def test_skipped_while_under_way() -> None:
    world = World.of(call(), {"id": "after", **TASK})
    world.start()
    world.send(SkipStep("call#1", {"id": "by hand"}, None, "known"))
    hear(world, "call#1", id="by the system")
    assert world.state.outputs["call"] == {"id": "by hand"}
    roll_back(world)
    assert undone(world) == [("call#1~undo", {"id": "by the system"})]


def test_out_of_time_tried_anew_and_both_happened() -> None:
    world = World.of(call(timeout={"after": "PT1H", "then": "exception"}), {"id": "after", **TASK})
    world.start()
    world.fire("call#1/timeout")
    world.retry("call#1")
    hear(world, "call#1", epoch=1, id="first")
    hear(world, "call#1", epoch=2, id="second")
    assert world.state.outputs["call"] == {"id": "second"}
    roll_back(world)
    assert undone(world) == [("call#1~2~undo", {"id": "second"}), ("call#1~undo", {"id": "first"})]
    keys = {effect.idempotency for effect in world.log if isinstance(effect, Compensate)}
    assert len(keys) == 2


def test_another_input_while_the_next_attempt_is_planned() -> None:
    world = World.of(call(), {"id": "after", **TASK})
    world.start()
    world.fail("call#1", retryable=True)
    world.send(RetryStep("call#1", None, "other", {"n": 9}))
    hear(world, "call#1", epoch=2, id="second")
    hear(world, "call#1", epoch=1, attempt=2, id="first")
    roll_back(world)
    assert undone(world) == [("call#1~undo", {"id": "first"}), ("call#1~2~undo", {"id": "second"})]


def test_sent_back_over_it_and_done_twice() -> None:
    world = World.of({"id": "set", "kind": "set", "values": {"x": 1}}, call(), {"id": "after", **TASK})
    world.start()
    world.send(JumpTo("set", None, "once more"))
    hear(world, "call#1", id="first")
    hear(world, "call#2", id="second")
    roll_back(world)
    assert [visit for visit, _input in undone(world)] == ["call#2~undo", "call#1~undo"]


def test_the_values_of_an_item_that_is_gone() -> None:
    known = {
        "item": "= it.name",
        "at": "= at",
        "note": "= steps.note.text",
        "all": "= vars.all",
        "id": "= steps.call.id",
    }
    note = {"id": "note", "kind": "set", "values": {"text": "= it.name + '!'"}}
    loop = {
        "id": "each",
        "kind": "for_each",
        "items": "[{'name': 'a'}, {'name': 'b'}]",
        "as": "it",
        "index_as": "at",
        "mode": "parallel",
        "limit": 2,
        "on_item_error": "stop",
        "on_error": "continue",
        "steps": [
            {"id": "all", "kind": "set", "values": {"all": "every"}},
            {"id": "ask", **TASK, "when": "at == 0", "on_error": "exception"},
            note,
            {**call(undo=known), "when": "at == 1"},
        ],
    }
    world = World.of(loop, {"id": "after", **TASK})
    world.start()
    world.fail("ask#1")
    assert world.state.scopes == {}
    assert hear(world, "call#1", id=3) == ""
    roll_back(world)
    assert [given for _visit, given in undone(world)] == [
        {"item": "b", "at": 1, "note": "b!", "all": "every", "id": 3}
    ]


def test_values_that_are_not_there_stop_the_roll_back_for_a_person() -> None:
    world = race(undo={"id": "= steps.never.id"})
    world.done("ask#1")
    hear(world, "call#1", id=1)
    world.send(RollBack("enough"))
    assert [effect.code for effect in world.exceptions.values()] == ["expression_error"]
    world.retry("call#1~undo", {"id": 1})
    world.done("call#1~undo")
    assert world.state.outcome == "rolled_back"


def test_history_says_so() -> None:
    world = race()
    world.done("ask#1")
    hear(world, "call#1", id=1)
    told = [event for event in world.history if event.kind in (OUTCOME_AWAITED, LATE_OUTCOME)]
    assert [(event.kind, event.visit) for event in told] == [
        ("outcome_awaited", "call#1"),
        ("late_outcome", "call#1"),
    ]
    assert told[1].data["undo"]["input"] == {"id": 1}


def test_a_state_without_any_is_stored_as_before() -> None:
    world = World.of({"id": "ask", **TASK})
    world.send(Start({}, {"id": "r"}))
    assert {"late", "undoable"}.isdisjoint(world.state.live_json())
