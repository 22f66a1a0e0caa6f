"""Times after a migration are the new version's, counted from the beginning; what is past takes effect only if told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.workflows.engine.calendars import Holiday, make_calendar
from apps.workflows.engine.commands import FireTimer, Migrate, Pause, Resume
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.offsets import STANDARD
from apps.workflows.engine.trial import verdict
from apps.workflows.engine.verdict import COMPATIBLE, Change
from tests.unit.engine.moving import approval, move, plan_for, task, version
from tests.unit.engine.world import NOW, World

Json = dict[str, Any]


def later(world: World, **delta: float) -> None:
    world.now += timedelta(**delta)


def changes(world: World, new: Definition, **given: Any) -> list[Change]:
    found = verdict(world.definition, new, world.state, plan_for(world, new), world.now, **given)
    assert found.kind == COMPATIBLE
    return list(found.changes)


def send(world: World, new: Definition, told: frozenset[str], **times: str) -> str:
    """Migrate as the shell does, with what the dry run has told; return why not."""
    world.former, world.definition = world.definition, new
    command = Migrate(
        new, plan_for(World(world.former, state=world.state), new), 1, 2, times=times, told=told
    )
    refused = world.send(command).refused
    if refused:
        world.definition = world.former
    return refused


@pytest.mark.parametrize(
    "step",
    [
        approval(),
        task("ask"),
        {"id": "ask", "kind": "action", "connection": "psa", "operation": "do"},
        {"id": "ask", "kind": "subflow", "template": "other"},
        {"id": "ask", "kind": "parallel", "branches": [[task("inner")], []], "join": "all"},
    ],
    ids=lambda step: step["kind"],
)
def test_the_time_limit_of_an_open_step_counts_from_when_it_began(step: Json) -> None:
    world = World.of({**step, "timeout": {"after": "P2D"}})
    world.start()
    later(world, hours=6)
    new = version({**step, "timeout": {"after": "P1D"}})
    assert [(one.code, one.timer, one.past) for one in changes(world, new)] == [
        ("timer", "ask#1/timeout", False)
    ]
    move(world, new)
    assert world.timers["ask#1/timeout"].at == NOW + timedelta(days=1)
    move(world, version(step))
    assert world.timers == {}
    move(world, version({**step, "timeout": {"after": "P5D", "then": "continue"}}))
    assert world.fire("ask#1/timeout").refused == ""
    assert world.state.is_finished


def test_a_past_time_takes_effect_only_where_the_dry_run_said_so() -> None:
    world = World.of(task("ask", timeout={"after": "P9D", "then": "continue"}))
    world.start()
    later(world, days=3)
    new = version(task("ask", timeout={"after": "P1D", "then": "continue"}))
    (told,) = changes(world, new)
    assert told.past
    assert told.message.startswith("'Ask' times out at once: by the new version its time ended ")
    assert send(world, new, frozenset()) == "times_passed"
    assert send(world, new, frozenset({told.timer})) == ""
    world.send(FireTimer(told.timer))
    assert world.state.is_finished


def test_a_time_that_passes_after_the_dry_run_keeps_the_run_where_it_is() -> None:
    world = World.of(task("ask", due="P9D"))
    world.start()
    new = version(task("ask", due="P1D"))
    told = frozenset(one.timer for one in changes(world, new) if one.past)
    later(world, days=2)
    assert send(world, new, told) == "times_passed"
    assert world.timers["ask#1/due"].at == NOW + timedelta(days=9)


def test_a_past_due_date_is_noted_once() -> None:
    world = World.of(task("ask"))
    world.start()
    later(world, days=2)
    new = version(task("ask", due="P1D"))
    (told,) = changes(world, new)
    assert told.message.startswith("'Ask' is overdue at once: ")
    assert send(world, new, frozenset({"ask#1/due"})) == ""
    world.send(FireTimer("ask#1/due"))
    assert [fact.kind for fact in world.history if fact.kind == "step_overdue"] == ["step_overdue"]
    assert changes(world, version(task("ask", due="PT12H"))) == []
    again = version(task("ask", due="P9D"))
    assert [one.past for one in changes(world, again)] == [False]
    move(world, again)
    assert world.timers["ask#1/due"].at == NOW + timedelta(days=9)


def test_what_has_fired_or_lies_with_a_person_does_not_count_again() -> None:
    handled = [task("mend")]
    world = World.of(task("ask", timeout={"after": "P1D", "then": handled}))
    world.start()
    world.fire("ask#1/timeout")
    assert "mend#1" in world.state.visits
    move(world, version(task("ask", timeout={"after": "P5D", "then": handled})))
    assert world.timers == {}
    failed = World.of({"id": "a", "kind": "action", "connection": "psa", "operation": "do"})
    failed.start()
    failed.fail("a#1")
    assert failed.state.exceptions
    limited = {
        "id": "a",
        "kind": "action",
        "connection": "psa",
        "operation": "do",
        "timeout": {"after": "P1D"},
    }
    move(failed, version(limited))
    assert failed.timers == {}


def test_the_wait_of_a_paused_run_that_was_put_aside_counts_anew() -> None:
    world = World.of({"id": "rest", "kind": "wait", "for": "P1D"}, task("after"))
    world.start()
    world.send(Pause("run", "holiday"))
    world.fire("rest#1/for")
    assert world.state.held
    new = version({"id": "rest", "kind": "wait", "for": "P5D"}, task("after"))
    assert send(world, new, frozenset()) == ""
    world.send(Resume("run"))
    assert list(world.state.visits) == ["rest#1"]
    assert world.timers["rest#1/for"].at == NOW + timedelta(days=5)
    world.fire("rest#1/for")
    assert list(world.state.visits) == ["after#1"]


def test_a_time_limit_that_was_put_aside_counts_anew() -> None:
    world = World.of(task("ask", timeout={"after": "P1D", "then": "continue"}))
    world.start()
    world.send(Pause("run", "holiday"))
    world.fire("ask#1/timeout")
    assert world.state.held == [{"timer": "ask#1/timeout"}]
    assert send(world, version(task("ask", timeout={"after": "P5D", "then": "continue"})), frozenset()) == ""
    assert world.state.held == []
    world.send(Resume("run"))
    assert not world.state.is_finished
    world.fire("ask#1/timeout")
    assert world.state.is_finished


def test_the_deadline_counts_from_when_the_run_began() -> None:
    world = World.of(task("ask"), deadline={"after": "P9D"})
    world.start()
    later(world, days=3)
    sooner = version(task("ask"), deadline={"after": "P5D"})
    assert [one.message for one in changes(world, sooner)] == [
        "The deadline of the run is now 07 Mar 2026, 09:00 UTC."
    ]
    move(world, sooner)
    assert world.timers["/deadline"].at == NOW + timedelta(days=5)
    none = version(task("ask"))
    assert [one.message for one in changes(world, none)] == ["The run no longer has a deadline."]
    move(world, none)
    assert world.timers == {}
    assert changes(world, sooner) == [], "nobody says when the run began"
    times = {"start": NOW.isoformat()}
    assert [one.code for one in changes(world, sooner, times=times)] == ["deadline"]
    assert send(world, sooner, frozenset(), **times) == ""
    assert world.timers["/deadline"].at == NOW + timedelta(days=5)


def test_a_deadline_that_is_past_says_what_follows() -> None:
    world = World.of(task("ask"), deadline={"after": "P9D"})
    world.start()
    later(world, days=3)
    over = version(task("ask"), deadline={"after": "P1D", "then": "cancel"})
    (told,) = changes(world, over)
    assert told.past
    assert told.message.endswith("It is cancelled.")
    assert send(world, over, frozenset()) == "times_passed"
    assert send(world, over, frozenset({"/deadline"})) == ""
    world.send(FireTimer("/deadline"))
    assert world.state.outcome == "cancelled"


def test_a_deadline_that_was_passed_is_not_passed_again() -> None:
    world = World.of(task("ask"), deadline={"after": "P1D"})
    world.start()
    world.fire("/deadline")
    times = {"start": NOW.isoformat()}
    assert (
        changes(world, version(task("ask"), deadline={"after": "PT1H", "then": "cancel"}), times=times) == []
    )
    assert [
        one.past for one in changes(world, version(task("ask"), deadline={"after": "P9D"}), times=times)
    ] == [False]


def test_business_time_is_counted_in_the_calendars_of_the_new_version() -> None:
    due = {"working_days": 1, "at": "12:00"}
    world = World.of(task("ask", due=due))
    world.start()
    tomorrow = (NOW + timedelta(days=1)).date()
    closed = make_calendar(key="x", zone="UTC", hours=[[(540, 1020)]] * 7, holidays=[Holiday(tomorrow)])
    calendars = {**STANDARD, "business": closed}
    same = version(task("ask", due=due))
    assert changes(world, same, calendars=calendars) == [], "what was said stays said"
    other = version(task("ask", due=due), sla={"target": "P5D", "calendar": "x"})
    told, level = changes(world, other, calendars=calendars)
    assert level.message == "The run has a service level from now on: P5D by the calendar “x”."
    assert told.at.startswith((NOW + timedelta(days=2)).date().isoformat())
    later_due = version(task("ask", due={**due, "at": "16:00"}))
    assert changes(world, later_due, calendars=calendars)[0].at.startswith(
        (NOW + timedelta(days=2)).date().isoformat()
    )
