"""A recorded run under another definition: only what changed differs."""

from __future__ import annotations

from datetime import timedelta

from apps.workflows.engine.commands import CompleteStep, RollBack, Start
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.simulation.recorded import run_again
from apps.workflows.engine.simulation.records import read_record
from tests.unit.engine.world import World
from tests.unit.simulation.recorded_runs import LIMIT, compared, kinds, limited, recorded


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
