"""Pauses: nothing new begins, nothing that happens meanwhile is lost, and everything goes on in order."""

from __future__ import annotations

from apps.workflows.engine.commands import (
    Cancel,
    FailStep,
    JumpTo,
    Pause,
    Resume,
    RetryStep,
    RollBack,
    Start,
    StepError,
)
from apps.workflows.engine.effects import CloseWork, NoteOverdue
from tests.unit.engine.test_failures import action, undoable
from tests.unit.engine.test_flow import task
from tests.unit.engine.world import NOW, World

ADA = {"kind": "user", "label": "Ada"}


def pause(world: World, source: str = "run") -> None:
    assert world.send(Pause(source, "audit", ADA)).refused == ""


def resume(world: World, source: str = "run") -> None:
    assert world.send(Resume(source, "done", ADA)).refused == ""


def test_answers_are_taken_and_what_follows_waits_for_the_last_resume() -> None:
    world = World.of(task("a"), task("b"))
    world.start()
    pause(world)
    pause(world, "template")
    assert world.send(Pause("run")).refused == "already_paused"
    assert world.state.pauses["run"] == {"reason": "audit", "actor": ADA, "since": NOW.isoformat()}
    world.done("a#1", n=1)
    assert world.state.outputs["a"] == {"n": 1}
    assert world.state.held == [{"enter": "b", "owner": None}]
    assert world.work == {}
    resume(world)
    assert world.work == {}
    resume(world, "template")
    assert set(world.work) == {"b#1"}
    assert world.state.held == []
    assert world.send(Resume("run")).refused == "not_paused"


def test_a_run_may_be_born_paused_and_may_end_only_after_its_pause() -> None:
    world = World.of(task("a"))
    world.send(Start({}, {"id": "r"}, pauses={"tenant": {"reason": "moving house", "actor": ADA}}))
    assert world.work == {}
    resume(world, "tenant")
    pause(world)
    world.done("a#1")
    assert not world.state.is_finished
    resume(world)
    assert world.state.outcome == "completed"


def test_a_planned_attempt_is_called_back_and_made_on_resume() -> None:
    world = World.of(action())
    world.start(n=1)
    world.fail("call#1", "http_503", retryable=True)
    pause(world)
    assert world.log[-1] == CloseWork("call#1", "call", "action", "paused", drain=False)
    resume(world)
    again = world.work["call#1"]
    assert (again.run_at, again.attempt, again.idempotency) == (None, 2, "call#1/1")


def test_an_attempt_that_was_under_way_still_answers() -> None:
    world = World.of(action(), task("b"))
    world.start(n=1)
    world.fail("call#1", "http_503", retryable=True)
    pause(world)
    world.done("call#1", id=3)
    resume(world)
    assert set(world.work) == {"b#1"}


def test_a_failure_meanwhile_is_not_tried_again_before_the_resume() -> None:
    world = World.of(action())
    world.start(n=1)
    pause(world)
    world.send(FailStep("call#1", StepError("http_503", "down", retryable=True)))
    assert world.work == {}
    world.fire("call#1/retry")
    assert world.work == {}
    assert world.fire("call#1/retry").refused == "timer_unknown"
    resume(world)
    assert (world.work["call#1"].attempt, world.work["call#1"].epoch) == (2, 1)


def test_timers_that_fire_are_remembered_and_due_dates_are_noted() -> None:
    world = World.of({"id": "w", "kind": "wait", "for": "PT1H", "due": "PT30M"}, task("b"))
    world.start()
    pause(world)
    world.fire("w#1/due")
    assert any(isinstance(effect, NoteOverdue) for effect in world.log)
    world.fire("w#1/for")
    assert "w" not in world.state.outputs
    resume(world)
    assert set(world.work) == {"b#1"}


def test_an_event_wins_over_a_timeout_that_fired_during_the_pause() -> None:
    world = World.of(
        {
            "id": "w",
            "kind": "wait",
            "event": {"type": "a.b"},
            "timeout": {"after": "PT1H", "then": [task("late")]},
        },
        task("b"),
    )
    world.start()
    pause(world)
    world.fire("w#1/timeout")
    world.tell("w#1", "a.b", n=1)
    resume(world)
    assert set(world.work) == {"b#1"}


def test_a_person_may_correct_a_paused_run() -> None:
    world = World.of(task("a"), action("b"))
    world.start(n=1)
    world.done("a#1")
    world.fail("b#1")
    pause(world)
    world.send(RetryStep("b#1", ADA, "mended", {"n": 5}))
    assert world.work == {}
    world.send(JumpTo("a", ADA, "from the start"))
    assert world.work == {}
    resume(world)
    assert set(world.work) == {"a#2"}
    world.done("a#2")
    world.fail("b#2")
    pause(world)
    world.send(RetryStep("b#2", ADA, "mended", {"n": 5}))
    resume(world)
    assert (world.work["b#2"].input, world.work["b#2"].epoch) == ({"n": 5}, 2)


def test_a_jump_forgets_the_way_on_that_was_held() -> None:
    world = World.of(task("a"), task("b"), task("c"))
    world.start()
    world.done("a#1")
    pause(world)
    world.done("b#1")
    world.send(JumpTo("a", ADA, "wrong"))
    resume(world)
    assert set(world.work) == {"a#2"}


def test_cancel_and_roll_back_do_not_wait() -> None:
    world = World.of(task("a"))
    world.start()
    pause(world)
    world.send(Cancel("enough", ADA))
    assert world.state.outcome == "cancelled"
    world = World.of(undoable("a"), task("b"))
    world.start(n=1)
    pause(world)
    world.done("a#1", id=1)
    world.send(RollBack("enough", ADA))
    assert world.send(Pause("run")).refused == "rolling_back"
    world.done("a#1~undo")
    assert world.state.outcome == "rolled_back"
