"""Rules by class of error, time limits of whole steps, the deadline of a run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.workflows.engine.commands import FailStep, FireTimer, Pause, StepError
from apps.workflows.engine.effects import CloseWork, NoteRunOverdue, OpenAssist
from tests.unit.engine.test_failures import action, undoable
from tests.unit.engine.test_flow import put, task
from tests.unit.engine.test_for_each import loop
from tests.unit.engine.world import NOW, World

RULES = [
    {
        "errors": ["rate_limited", "timeout", "http_5*"],
        "retry": {"max": 4, "backoff": "PT1M"},
        "then": "continue",
    },
    {"errors": ["validation"], "then": "exception"},
    {"then": [task("mend")]},
]


def failing(code: str, rules: Any = RULES, **more: Any) -> World:
    world = World.of(action(on_error=rules, **more), task("after"))
    world.start(n=1)
    world.fail("call#1", code)
    return world


def test_each_class_of_error_has_its_own_way() -> None:
    world = failing("http_503")
    assert (world.work["call#1"].attempt, world.work["call#1"].last_attempt) == (2, False)
    assert timedelta(seconds=48) <= world.work["call#1"].run_at - world.now <= timedelta(seconds=72)
    for _ in range(3):
        world.fail("call#1", "timeout")
    assert world.state.outputs["call"]["error"]["code"] == "timeout"
    assert set(world.work) == {"after#1"}
    assert failing("validation").exceptions["call#1"].code == "validation"
    world = failing("anything")
    assert set(world.work) == {"mend#1"}
    world.done("mend#1")
    assert set(world.work) == {"after#1"}


def test_an_error_under_no_rule_is_treated_as_without_rules() -> None:
    world = World.of(action(on_error={"errors": ["known"], "then": "continue"}))
    world.start(n=1)
    world.fail("call#1", "other", retryable=True)
    assert world.work["call#1"].attempt == 2
    world.fail("call#1", "known", retryable=True)
    assert world.state.outcome == "completed"


def test_transient_is_a_class_of_its_own() -> None:
    rules = [{"errors": ["transient"], "retry": {"max": 2}}, {"then": "continue"}]
    world = World.of(action(on_error=rules))
    world.start(n=1)
    world.send(FailStep("call#1", StepError("odd", "odd", retryable=True)))
    assert world.work["call#1"].last_attempt
    world.send(FailStep("call#1", StepError("odd", "odd", retryable=False)))
    assert world.state.outcome == "completed"


LATE = {"after": "PT1H", "then": [task("late")]}
STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "user_task": (task("x", timeout=LATE), "x#1"),
    "approval": ({"id": "x", "kind": "approval", "policy": "p", "timeout": LATE}, "x#1"),
    "subflow": ({"id": "x", "kind": "subflow", "template": "t", "timeout": LATE}, "x#1"),
    "action": (action("x", timeout=LATE), "x#1"),
    "assist": (
        {"id": "x", "kind": "assist", "purpose": "p", "output": {"type": "object"}, "timeout": LATE},
        "x#1",
    ),
    "parallel": ({"id": "x", "kind": "parallel", "branches": [[task("y")], []], "timeout": LATE}, "y#1"),
    "for_each": (loop(task("y"), id="x", timeout=LATE), "y#1"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_what_is_not_done_in_time_is_withdrawn(kind: str) -> None:
    step, waiting = STEPS[kind]
    world = World.of(step, task("after"))
    world.start(n=1, items=[1])
    assert set(world.work) == {waiting}
    world.fire("x#1/timeout")
    assert any(isinstance(effect, CloseWork) and effect.visit == waiting for effect in world.log)
    assert set(world.work) == {"late#1"}
    assert world.state.outputs["x"] == {"timed_out": True}
    world.done("late#1")
    assert set(world.work) == {"after#1"}


def test_done_in_time_stops_the_timer_and_a_retry_by_a_person_starts_it_again() -> None:
    limit = {"after": "PT1H", "then": "exception"}
    world = World.of(task("x", timeout=limit), put("y", n=1))
    world.start()
    world.done("x#1")
    assert world.state.outcome == "completed"
    world = World.of(task("x", timeout=limit))
    world.start()
    world.fire("x#1/timeout")
    assert world.exceptions["x#1"].code == "timed_out"
    world.retry("x#1")
    assert world.timers["x#1/timeout"].at == world.now + timedelta(hours=1)


def test_automatic_attempts_do_not_prolong_the_limit_of_the_whole_step() -> None:
    world = World.of(action(timeout={"after": "PT1H"}, retry={"max": 9}))
    world.start(n=1)
    world.fail("call#1", retryable=True)
    assert world.timers["call#1/timeout"].at == NOW + timedelta(hours=1)
    world.fire("call#1/timeout")
    assert world.exceptions["call#1"].code == "timed_out"


@pytest.mark.parametrize(
    ("then", "outcome"),
    [("note", ""), ("exception", ""), ("cancel", "cancelled"), ("roll_back", "rolled_back")],
)
def test_the_deadline_of_a_run_counts_waits_and_pauses(then: str, outcome: str) -> None:
    world = World.of(task("a"), deadline={"after": "P3D", "then": then})
    world.start()
    world.send(Pause("run"))
    assert world.timers["/deadline"].at == NOW + timedelta(days=3)
    world.fire("/deadline")
    noted = [effect for effect in world.log if isinstance(effect, NoteRunOverdue)]
    assert noted == [NoteRunOverdue(NOW + timedelta(days=3), then)]
    assert world.state.outcome == outcome
    assert world.send(FireTimer("/deadline")).refused in ("timer_unknown", "run_finished")


def test_the_deadline_stops_with_the_run() -> None:
    world = World.of(undoable("a"), task("b"), deadline={"after": "P3D"})
    world.start(n=1)
    world.done("a#1", id=1)
    world.done("b#1")
    assert world.timers == {}


def test_an_assistant_is_asked_for_what_the_template_wants() -> None:
    output = {"type": "object", "required": ["tier"], "properties": {"tier": {"type": "string"}}}
    world = World.of(
        {
            "id": "x",
            "kind": "assist",
            "purpose": "Which tier fits?",
            "input": {"n": "= input.n"},
            "output": output,
            "approve_by": "finance",
            "accept": "automatic",
            "min_confidence": 0.9,
        },
        put("y", tier="= steps.x.tier"),
    )
    world.start(n=4)
    asked = world.work["x#1"]
    assert isinstance(asked, OpenAssist)
    assert (asked.input, asked.output, asked.approve_by) == ({"n": 4}, output, "finance")
    assert (asked.accept, asked.min_confidence) == ("automatic", 0.9)
    world.done("x#1", tier="gold")
    assert world.state.vars == {"tier": "gold"}
