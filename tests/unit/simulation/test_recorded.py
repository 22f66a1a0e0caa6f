"""A recorded run under its own definition goes exactly as it went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine.commands import (
    FactsGathered,
    FailStep,
    ReceiveEvent,
    RetryStep,
    RollBack,
    Start,
    StepError,
)
from apps.workflows.engine.simulation.comparing import differences, profile
from apps.workflows.engine.simulation.recorded import run_again
from apps.workflows.engine.simulation.records import read_record
from tests.unit.engine.templates import templates
from tests.unit.engine.world import World
from tests.unit.simulation.random_runs import random_run
from tests.unit.simulation.recorded_runs import LIMIT
from tests.unit.simulation.test_recorded_under_drafts import changed


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), template=templates())
def test_a_run_under_its_own_definition_goes_as_it_went(data: Any, template: dict[str, Any]) -> None:
    world = random_run(data.draw, template)
    record = read_record(world.history, world.now)
    assert record is not None
    again = run_again(world.definition, record)
    told = [(event.kind, event.visit, event.at) for event in world.history]
    assert [(event.kind, event.visit, event.at) for event in again.run.history] == told
    assert again.run.state.to_json() == world.state.to_json()
    assert again.unanswered == []
    assert differences(profile(world.history), again, lambda _visit: [], lambda _visit: []) == []


PATIENT = """
format: 1
key: patient
name: Patient
steps:
  - {id: approve, kind: approval, policy: p, on_reject: exception, timeout: {after: AFTER, then: exception}}
"""


def test_the_answer_to_a_question_asked_again_is_not_that_to_the_first() -> None:
    hour = changed(PATIENT, old="AFTER", new="PT1H")
    world = World(hour)
    world.send(Start({}, {"id": "r"}))
    world.fire("approve#1/timeout")
    world.send(RetryStep("approve#1", None, "again"))
    world.done("approve#1", outcome="rejected")
    record = read_record(world.history)
    assert record is not None
    again = run_again(hour, record)
    assert [event.kind for event in again.run.history] == [event.kind for event in world.history]
    assert again.unanswered == []
    day = run_again(changed(PATIENT, old="AFTER", new="P1D"), record)
    assert [(one.visit, one.why) for one in day.unanswered] == [("approve#1", "not_awaited")]


def assert_goes_as_it_went(world: World) -> None:
    record = read_record(world.history, world.now)
    assert record is not None
    again = run_again(world.definition, record)
    told = [(event.kind, event.visit, event.at) for event in world.history]
    assert [(event.kind, event.visit, event.at) for event in again.run.history] == told
    assert again.unanswered == []


def test_what_times_out_and_is_passed_over_is_no_answer() -> None:
    source = LIMIT.replace(
        "make}", "make, timeout: {after: PT1H, then: continue}, compensate: {operation: undo}}"
    )
    world = World(changed(source, old="x", new="x"))
    world.send(Start({"n": 1}, {"id": "r"}))
    world.fire("make#1/timeout")
    assert_goes_as_it_went(world)


def test_a_timer_that_a_roll_back_came_before_is_not_felt() -> None:
    source = """
format: 1
key: both
name: Both
steps:
  - id: both
    kind: parallel
    branches:
      - [{id: left, kind: wait, for: PT1H}]
      - [{id: right, kind: wait, for: PT1H}]
"""
    world = World(changed(source, old="x", new="x"))
    world.send(Start({}, {"id": "r"}))
    world.now += timedelta(hours=1)
    world.send(RollBack("enough"))
    assert_goes_as_it_went(world)


def test_a_check_that_is_repeated_at_the_end_of_the_record_waits_there_too() -> None:
    source = """
format: 1
key: checked
name: Checked
steps:
  - {id: docs, kind: check, rules: [{id: a, expr: "facts.ok"}], facts: {query: q}, recheck_on: {type: a.b}}
"""
    world = World(changed(source, old="x", new="x"))
    world.send(Start({}, {"id": "r"}))
    world.send(FactsGathered("docs#1", {"ok": False}))
    world.send(ReceiveEvent("docs#1", {"type": "a.b", "data": {}}))
    assert_goes_as_it_went(world)


def test_a_call_whose_outcome_nobody_knew_is_asked_about_again() -> None:
    source = LIMIT.replace("make}", "make, compensate: {operation: undo}}")
    world = World(changed(source, old="x", new="x"))
    world.send(Start({"n": 1}, {"id": "r"}))
    world.send(FailStep("make#1", StepError("cut", "The line was cut.", ambiguous=True)))
    world.send(RetryStep("make#1", None, "again"))
    world.send(RollBack("enough"))
    world.send(FailStep("make#1", StepError("no", "No.")))
    world.now += timedelta(hours=1)
    world.send(RetryStep("make#1~undo", None, "it was done", {"id": 7}))
    world.now += timedelta(hours=1)
    world.done("make#1~undo")
    assert world.state.outcome == "rolled_back"
    assert_goes_as_it_went(world)


def test_a_check_that_an_event_has_repeated_is_repeated_by_it() -> None:
    source = """
format: 1
key: checked
name: Checked
steps:
  - {id: docs, kind: check, rules: [{id: a, expr: "false"}], recheck_on: {type: a.b, match: event.data.n == input.n}}
"""
    world = World(changed(source, old="x", new="x"))
    world.send(Start({"n": 3}, {"id": "r"}))
    world.now += timedelta(hours=1)
    world.send(ReceiveEvent("docs#1", {"type": "a.b", "data": {"n": 3}}))
    world.now += timedelta(hours=1)
    world.send(RetryStep("docs#1", None, "again"))
    assert_goes_as_it_went(world)
