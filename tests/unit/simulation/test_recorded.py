"""A recorded run under its own definition goes exactly as it went; under another one, only what changed differs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine.commands import (
    Cancel,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    ReceiveEvent,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import GatherFacts, OpenApproval, PerformAction
from apps.workflows.engine.parse import compile_definition, parse_template
from apps.workflows.engine.simulation.comparing import differences, profile
from apps.workflows.engine.simulation.recorded import run_again
from apps.workflows.engine.simulation.records import read_record
from tests.unit.engine.templates import templates
from tests.unit.engine.world import World


def random_run(draw: Any, template: dict[str, Any]) -> World:
    """A run of the template with random answers, in random order, as far as they lead."""
    world = World(compile_definition(template))
    world.send(Start({"n": draw(st.integers(0, 5))}, {"id": "r"}))
    for _ in range(draw(st.integers(0, 25))):
        if world.state.is_finished:
            break
        world.now += timedelta(seconds=draw(st.sampled_from([0, 0, 1, 3600])))
        _something(draw, world)
    return world


def _something(draw: Any, world: World) -> None:
    deeds = [name for name in ("work", "timers", "awaiting", "exceptions", "late") if getattr(world, name)]
    if not deeds or draw(st.integers(0, 30)) == 0:
        world.send(draw(st.sampled_from([Cancel("enough"), RollBack("enough")])))
        return
    deed = draw(st.sampled_from(deeds))
    visit = draw(st.sampled_from(sorted(getattr(world, deed))))
    if deed == "work":
        _answer(draw, world, visit)
    elif deed == "timers":
        visit = min(world.timers, key=lambda timer: (world.timers[timer].at, timer))
        world.now = max(world.now, world.timers[visit].at)
        world.send(FireTimer(visit))
    elif deed == "awaiting":
        world.send(ReceiveEvent(visit, {"type": "a.b", "data": {"n": draw(st.integers(0, 5))}}))
    elif deed == "late":
        _answer_late(draw, world, world.late[visit])
    elif draw(st.booleans()):
        world.send(RetryStep(visit, None, "again", draw(st.none() | st.just({"n": 9}))))
    else:
        world.send(SkipStep(visit, {"by": "hand"}))


def _answer_late(draw: Any, world: World, asked: PerformAction) -> None:
    given: dict[str, Any] = {"epoch": asked.epoch, "attempt": asked.attempt}
    if draw(st.booleans()):
        world.send(CompleteStep(asked.visit, {"id": draw(st.integers(0, 9))}, **given))
    else:
        error = StepError("boom", "Boom.", draw(st.booleans()), ambiguous=draw(st.booleans()))
        world.send(FailStep(asked.visit, error, **given))


def _answer(draw: Any, world: World, visit: str) -> None:
    asked, good = world.work[visit], draw(st.booleans())
    run_at = getattr(asked, "run_at", None)
    world.now = max(world.now, run_at or world.now)
    if draw(st.integers(0, 4)) == 0:
        error = StepError("boom", "Boom.", draw(st.booleans()), ambiguous=draw(st.booleans()))
        world.send(FailStep(visit, error))
    elif isinstance(asked, GatherFacts):
        world.send(FactsGathered(visit, {"ok": good}))
    elif isinstance(asked, OpenApproval):
        world.send(CompleteStep(visit, {"outcome": "approved" if good else "rejected"}))
    else:
        world.send(CompleteStep(visit, {"id": draw(st.integers(0, 9))}))


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


LIMIT = """
format: 1
key: limits
name: Limits
connections: {psa: {connector: generic-rest}}
steps:
  - {id: approve, kind: approval, policy: p, when: "input.n > LIMIT", on_reject: end}
  - {id: make, kind: action, connection: psa, operation: make}
  - {id: done, kind: end, outcome: completed}
"""


def limited(limit: int) -> Definition:
    parsed = parse_template(LIMIT.replace("LIMIT", str(limit)))
    assert parsed.is_valid
    return parsed.definition


def recorded(definition: Definition, n: int, *, approve: bool = True) -> World:
    world = World(definition)
    world.send(Start({"n": n}, {"id": f"r{n}"}))
    world.now += timedelta(hours=2)
    if "approve#1" in world.work:
        world.done("approve#1", outcome="approved" if approve else "rejected")
    if "make#1" in world.work:
        world.now += timedelta(minutes=5)
        world.done("make#1", id=n)
    return world


def compared(world: World, draft: Definition) -> list[dict[str, Any]]:
    record = read_record(world.history)
    assert record is not None
    return differences(
        profile(world.history), run_again(draft, record), lambda _v: ["finance"], lambda _v: ["director"]
    )


def kinds(world: World, draft: Definition) -> list[str]:
    return [one["kind"] for one in compared(world, draft)]


def test_a_raised_limit_touches_exactly_the_runs_between() -> None:
    before, after = limited(100), limited(200)
    touched = {n: kinds(recorded(before, n), after) for n in (50, 100, 101, 150, 200, 201, 300)}
    assert [n for n, found in touched.items() if found] == [101, 150, 200]
    assert touched[150] == ["approval_gone", "elapsed", "path"]
    gone = compared(recorded(before, 150), after)[0]
    assert gone == {"kind": "approval_gone", "step": "approve", "visit": "approve#1", "roles": ["finance"]}


def test_a_lowered_limit_asks_what_nobody_ever_answered() -> None:
    before, after = limited(200), limited(100)
    touched = {n: kinds(recorded(before, n), after) for n in (100, 101, 200, 201)}
    assert [n for n, found in touched.items() if found] == [101, 200]
    found = compared(recorded(before, 150), after)
    assert [one["kind"] for one in found] == ["approval_added", "path", "unanswered"]
    assert found[0]["roles"] == ["director"]
    assert found[-1] == {
        "kind": "unanswered",
        "step": "approve",
        "visit": "approve#1",
        "asks": "approval",
        "why": "new",
    }


def test_a_rejected_run_that_would_not_have_been_asked_goes_on_to_a_question_nobody_answered() -> None:
    found = compared(recorded(limited(100), 150, approve=False), limited(200))
    assert [one["kind"] for one in found] == ["approval_gone", "path", "unanswered"]
    assert found[2]["step"] == "make"


def changed(definition: str, *, old: str, new: str) -> Definition:
    parsed = parse_template(definition.replace("LIMIT", "100").replace(old, new))
    assert parsed.is_valid, parsed.report.problems
    return parsed.definition


def test_a_changed_outcome_and_output_are_told() -> None:
    other = changed(
        LIMIT, old="outcome: completed", new="outcome: delivered, output: {id: '= steps.make.id'}"
    )
    found = compared(recorded(limited(100), 50), other)
    assert found == [
        {"kind": "outcome", "before": "completed", "after": "delivered"},
        {"kind": "outputs", "steps": ["done"]},
    ]
    checked = changed(
        LIMIT,
        old="  - {id: done",
        new="  - {id: low, kind: check, rules: [{id: a, expr: 'false'}]}\n  - {id: done",
    )
    found = compared(recorded(limited(100), 50), checked)
    assert [one["kind"] for one in found] == ["block_added", "outcome", "path"]
    assert found[0] == {"kind": "block_added", "step": "low", "code": "check_failed"}


def test_a_new_wait_changes_how_long_it_takes_and_a_new_message_is_taken_as_sent() -> None:
    longer = changed(
        LIMIT,
        old="  - {id: make",
        new="  - {id: cool, kind: wait, for: P1D}\n  - {id: tell, kind: notify, message: m, to: [a]}\n  - {id: make",
    )
    found = compared(recorded(limited(100), 50), longer)
    assert found[0] == {"kind": "elapsed", "before": 7500.0, "after": 93900.0}
    assert found[1] == {"kind": "path", "added": ["cool", "tell"], "gone": []}


TASKED = """
format: 1
key: tasked
name: Tasked
steps:
  - {id: ask, kind: user_task, assignee: {role: finance}, form: {type: object, properties: {ok: {type: boolean}}}}
"""


def test_an_answer_that_does_not_fit_the_new_form_is_no_answer() -> None:
    world = World(changed(TASKED, old="x", new="x"))
    world.send(Start({}, {"id": "r"}))
    world.done("ask#1", ok=True)
    stricter = changed(
        TASKED, old="type: object, properties", new="type: object, required: [why], properties"
    )
    found = compared(world, stricter)
    assert [(one["kind"], one.get("why")) for one in found] == [("unanswered", "no_fit")]


def test_a_run_that_still_waits_is_not_blamed_for_it() -> None:
    world = World(limited(100))
    world.send(Start({"n": 150}, {"id": "r"}))
    assert kinds(world, limited(100)) == []
    assert kinds(world, limited(50)) == []
    assert kinds(world, limited(200)) == ["approval_gone", "path", "unanswered"]


RACE = """
format: 1
key: race
name: Race
connections: {psa: {connector: generic-rest}}
steps:
  - id: either
    kind: parallel
    join: any
    branches:
      - [{id: make, kind: action, connection: psa, operation: make,
          compensate: {operation: unmake, input: {id: "= steps.make.id"}}}]
      - [{id: ask, kind: user_task, assignee: {role: finance}}]
  - {id: last, kind: user_task, assignee: {role: finance}}
"""


def raced(*, rolled_back: bool) -> World:
    """A call that happened after its branch had closed."""
    world = World(changed(RACE, old="Race", new="Race"))
    world.send(Start({}, {"id": "r"}))
    world.now += timedelta(hours=1)
    world.done("ask#1")
    world.now += timedelta(minutes=5)
    world.send(CompleteStep("make#1", {"id": 7}, epoch=1, attempt=1))
    world.now += timedelta(hours=1)
    if rolled_back:
        world.send(RollBack("enough"))
        world.done("make#1~undo")
    else:
        world.done("last#1")
    return world


def test_a_late_outcome_comes_late_again() -> None:
    world = raced(rolled_back=True)
    assert compared(world, world.definition) == []


def test_a_draft_that_withdraws_what_the_record_waited_for_takes_its_answer_late() -> None:
    every = changed(RACE, old="join: any", new="join: all")
    world = World(every)
    world.send(Start({}, {"id": "r"}))
    world.done("ask#1")
    world.now += timedelta(minutes=5)
    world.done("make#1", id=7)
    world.send(RollBack("enough"))
    world.done("make#1~undo")
    record = read_record(world.history)
    assert record is not None
    again = run_again(changed(RACE, old="Race", new="Race"), record)
    assert again.unanswered == []
    assert "late_outcome" in [event.kind for event in again.run.history]
    assert again.run.state.outcome == "rolled_back"


def test_what_came_after_the_end_of_a_child_is_left_out() -> None:
    world = World(limited(100))
    world.send(Start({"n": 1}, {"id": "child"}, child=True))
    world.done("make#1", id=1)
    before = kinds(world, limited(100))
    world.send(RollBack("with its parent", by_parent=True))
    assert world.state.outcome == "rolled_back"
    assert kinds(world, limited(100)) == before == []


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
