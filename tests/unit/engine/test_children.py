"""Child runs and roll-backs: an open child is rolled back and waited for, an ended one undone in its turn."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.commands import Cancel, CompleteStep, FailStep, RollBack, Start, StepError
from apps.workflows.engine.effects import CloseWork, Compensate, RollBackChild
from tests.unit.engine.world import World

TASK: dict[str, Any] = {"kind": "user_task", "assignee": {"role": "r"}}
SUB: dict[str, Any] = {"id": "sub", "kind": "subflow", "template": "other"}


def call(step_id: str) -> dict[str, Any]:
    undo = {"operation": "remove", "input": {"id": f"= steps.{step_id}.id"}}
    return {"id": step_id, "kind": "action", "connection": "psa", "operation": "create", "compensate": undo}


def asked(world: World) -> list[tuple[str, str]]:
    """Every undoing asked for: its kind and the visit it is for."""
    return [
        (type(effect).__name__, effect.visit)
        for effect in world.log
        if isinstance(effect, Compensate | RollBackChild)
    ]


def test_an_ended_child_is_rolled_back_in_its_turn() -> None:
    world = World.of(call("a"), SUB, call("b"), {"id": "last", **TASK})
    world.start()
    world.done("a#1", id=1)
    world.done("sub#1", outcome="completed")
    world.done("b#1", id=2)
    world.send(RollBack("enough"))
    for visit in ("b#1~undo", "sub#1~undo", "a#1~undo"):
        assert list(world.work) == [visit]
        world.done(visit)
    assert asked(world) == [
        ("Compensate", "b#1~undo"),
        ("RollBackChild", "sub#1~undo"),
        ("Compensate", "a#1~undo"),
    ]
    effect = next(effect for effect in world.log if isinstance(effect, RollBackChild))
    assert (effect.child_visit, effect.child_epoch) == ("sub#1", 1)


def test_an_open_child_is_rolled_back_and_waited_for() -> None:
    world = World.of(call("a"), SUB)
    world.start()
    world.done("a#1", id=1)
    world.send(RollBack("enough"))
    assert asked(world) == [("RollBackChild", "sub#1")]
    assert world.state.visits["sub#1"].status == "draining"
    world.fail("sub#1", "subflow_not_completed")
    assert list(world.work) == ["a#1~undo"]
    world.done("a#1~undo")
    assert world.state.outcome == "rolled_back"


def test_a_child_that_ended_just_before_is_undone_all_the_same() -> None:
    world = World.of(SUB)
    world.start()
    world.send(RollBack("enough"))
    world.done("sub#1", outcome="completed")
    assert list(world.work) == ["sub#1~undo"]
    world.done("sub#1~undo")
    assert world.state.outcome == "rolled_back"


def test_a_child_that_was_let_go_is_undone() -> None:
    either = {"id": "either", "kind": "parallel", "join": "any", "branches": [[SUB], [{"id": "ask", **TASK}]]}
    world = World.of(either, {"id": "last", **TASK})
    world.start()
    world.done("ask#1")
    closed = [effect for effect in world.log if isinstance(effect, CloseWork)]
    assert [(effect.kind, effect.drain) for effect in closed] == [("subflow", True)]
    assert world.state.undo == [{"visit": "sub#1", "subflow": True}]
    world.send(RollBack("enough"))
    world.done("sub#1~undo")
    assert world.state.outcome == "rolled_back"


def test_a_child_begun_anew_leaves_two_to_undo() -> None:
    world = World.of(SUB, {"id": "last", **TASK})
    world.start()
    world.retry("sub#1")
    world.done("sub#1", outcome="completed")
    world.send(RollBack("enough"))
    world.done("sub#1~2~undo")
    world.done("sub#1~undo")
    effects = [effect for effect in world.log if isinstance(effect, RollBackChild)]
    assert [(effect.child_visit, effect.child_epoch) for effect in effects] == [("sub#1", 2), ("sub#1", 1)]


def test_a_child_that_cannot_be_rolled_back_stops_for_a_person() -> None:
    world = World.of(SUB, {"id": "last", **TASK})
    world.start()
    world.done("sub#1", outcome="completed")
    world.send(RollBack("enough"))
    world.fail("sub#1~undo", "child_not_undoable")
    assert list(world.exceptions) == ["sub#1~undo"]
    world.retry("sub#1~undo")
    assert asked(world) == [("RollBackChild", "sub#1~undo")] * 2
    world.done("sub#1~undo")
    assert world.state.outcome == "rolled_back"


def test_cancel_only_cancels() -> None:
    world = World.of(SUB)
    world.start()
    world.send(Cancel("enough"))
    closed = [effect for effect in world.log if isinstance(effect, CloseWork)]
    assert [(effect.kind, effect.drain) for effect in closed] == [("subflow", False)]
    assert world.state.undo == []


class TestAChild:
    """A run that another one has started, after its end."""

    def child(self, *steps: dict[str, Any]) -> World:
        world = World.of(*steps)
        world.send(Start({}, {"id": "child"}, child=True))
        return world

    def test_is_undone_when_its_parent_is(self) -> None:
        world = self.child(call("a"))
        world.done("a#1", id=1)
        assert (world.state.status, world.state.undoable) == ("finished", True)
        assert world.send(RollBack("by hand")).refused == "run_finished"
        assert world.send(RollBack("with its parent", by_parent=True)).refused == ""
        world.done("a#1~undo")
        assert (world.state.outcome, world.state.undoable) == ("rolled_back", False)
        assert world.send(RollBack("again", by_parent=True)).refused == "run_finished"

    def test_hears_what_was_under_way_when_it_ended(self) -> None:
        branches = [[call("a")], [{"id": "ask", **TASK}, {"id": "stop", "kind": "end", "outcome": "enough"}]]
        world = self.child({"id": "both", "kind": "parallel", "branches": branches})
        world.done("ask#1")
        assert world.state.outcome == "enough"
        assert world.send(CompleteStep("a#1", {"id": 5}, epoch=1, attempt=1)).refused == ""
        world.send(RollBack("with its parent", by_parent=True))
        world.done("a#1~undo")
        assert world.undone == ["a#1~undo"]

    def test_let_go_it_is_undoable_and_cancelled_by_a_person_it_is_not(self) -> None:
        for undoable in (True, False):
            world = self.child(call("a"), {"id": "ask", **TASK})
            world.done("a#1", id=1)
            world.send(Cancel("not needed", undoable=undoable))
            refused = world.send(RollBack("with its parent", by_parent=True)).refused
            assert refused == ("" if undoable else "run_finished")

    def test_a_run_of_its_own_is_never_undone_after_its_end(self) -> None:
        world = World.of(call("a"))
        world.start()
        world.done("a#1", id=1)
        assert world.state.undo == []
        assert world.send(RollBack("enough", by_parent=True)).refused == "run_finished"

    def test_a_failing_compensation_stops_it_as_ever(self) -> None:
        world = self.child(call("a"))
        world.done("a#1", id=1)
        world.send(RollBack("with its parent", by_parent=True))
        world.send(FailStep("a#1~undo", StepError("boom", "Boom.")))
        assert list(world.exceptions) == ["a#1~undo"]
