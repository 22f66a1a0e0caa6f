"""Offsets in working days and hours, forward and backward, from the start, another step's end, or a date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.workflows.engine.calendars import CONTINUOUS, Holiday, make_calendar
from apps.workflows.engine.catalogue import StaticCatalogue
from apps.workflows.engine.commands import CompleteStep, Start
from apps.workflows.engine.decide import decide
from apps.workflows.engine.lint import check_template
from apps.workflows.engine.offsets import Calendars
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.schema import template_schema
from apps.workflows.engine.state import RunState
from tests.unit.engine.world import World, template

FRIDAY = datetime(2026, 4, 3, 13, 0, tzinfo=UTC)
"""Three in the afternoon in Berlin, before Easter Monday."""
BERLIN = make_calendar(
    key="berlin",
    zone="Europe/Berlin",
    hours=[[(540, 1020)]] * 5 + [[], []],
    holidays=[Holiday(datetime(2026, 4, 6, tzinfo=UTC).date(), "Easter Monday")],
)
CALENDARS: Calendars = {"business": BERLIN, "berlin": BERLIN, "continuous": CONTINUOUS}


def due(offset: Any, **start: Any) -> datetime | None:
    definition = compile_definition(
        template(
            {"id": "first", "kind": "set", "values": {"x": 1}},
            {"id": "task", "kind": "user_task", "assignee": {"role": "finance"}, "due": offset},
        )
    )
    decision = decide(definition, RunState(), Start(start, {"id": "r"}), FRIDAY, CALENDARS)
    visit = decision.state.visits["task#1"]
    assert visit.status == "open", decision.events
    return visit.due_at()


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("P2D", "2026-04-05T13:00+00:00"),
        ({"in": "P2D"}, "2026-04-05T13:00+00:00"),
        ({"in": "P2D", "calendar": "business"}, "2026-04-07T07:00+00:00"),
        ({"in": "P4D", "at": "17:00"}, "2026-04-07T15:00+00:00"),
        ({"working_days": 1}, "2026-04-07T13:00+00:00"),
        ({"working_days": 1, "at": "17:00", "from": "start"}, "2026-04-07T15:00+00:00"),
        ({"working_days": 0, "at": "18:30", "from": "step.first"}, "2026-04-03T16:30+00:00"),
        ({"working_hours": 2}, "2026-04-03T15:00+00:00"),
        ({"working_hours": 2.5, "calendar": "berlin"}, "2026-04-07T07:30+00:00"),
        ({"working_hours": 8, "before": True}, "2026-04-02T13:00+00:00"),
        ({"working_days": 2, "from": "end(input.end)", "before": True}, "2026-04-09T15:00+00:00"),
        (
            {"working_days": 2, "from": "end(input.end)", "before": True, "at": "10:00"},
            "2026-04-09T08:00+00:00",
        ),
        ({"working_days": 0, "from": "end(input.sunday)", "before": True}, "2026-04-10T15:00+00:00"),
        ({"in": "P2D", "from": "end(input.end)", "before": True, "at": "09:00"}, "2026-04-11T07:00+00:00"),
        ({"working_hours": 1, "from": "end(timestamp('2026-04-09T08:00:00Z'))"}, "2026-04-09T09:00+00:00"),
        ({"working_days": 1, "calendar": "continuous"}, "2026-04-04T13:00+00:00"),
    ],
)
def test_an_offset_counts_in_its_calendar(offset: Any, expected: str) -> None:
    assert due(offset, end="2026-04-13", sunday="2026-04-12") == datetime.fromisoformat(expected)


def test_the_end_of_an_earlier_step_is_remembered_through_the_history() -> None:
    world = World(
        compile_definition(
            template(
                {"id": "kickoff", "kind": "user_task", "assignee": {"role": "finance"}},
                {"id": "pause", "kind": "wait", "for": "P3D"},
                {
                    "id": "report",
                    "kind": "user_task",
                    "assignee": {"role": "finance"},
                    "due": {"working_days": 3, "from": "step.kickoff"},
                },
            )
        )
    )
    world.start()
    world.done("kickoff#1")
    ended = world.now
    world.fire("pause#1/for")
    assert world.state.anchors == {"step.kickoff": ended.isoformat()}
    assert world.state.visits["report#1"].due_at() == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def test_a_wait_and_a_timeout_take_offsets() -> None:
    world = World.of(
        {"id": "sleep", "kind": "wait", "for": {"working_hours": 10}},
        {
            "id": "sign",
            "kind": "wait",
            "event": {"type": "document.received", "match": "event.data.id == '1'"},
            "timeout": {"after": {"working_days": 1, "at": "12:00"}, "then": "continue"},
        },
    )
    world.start()
    assert world.timers["sleep#1/for"].at == datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
    world.fire("sleep#1/for")
    assert world.timers["sign#1/timeout"].at == datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    world.fire("sign#1/timeout")
    assert world.state.outcome == "completed"


@pytest.mark.parametrize("end", ["soon", 7, "2026-04-13T10:00", "9999-12-31", ""])
def test_a_date_that_is_none_becomes_an_exception_not_an_error(end: Any) -> None:
    definition = compile_definition(
        template(
            {
                "id": "task",
                "kind": "user_task",
                "assignee": {"role": "finance"},
                "due": {"working_days": 2, "from": "end(input.end)"},
            }
        )
    )
    decision = decide(definition, RunState(), Start({"end": end}, {"id": "r"}), FRIDAY, CALENDARS)
    assert decision.state.visits["task#1"].status == "exception"


def test_a_calendar_that_is_gone_becomes_an_exception_with_its_name() -> None:
    step = {"id": "nap", "kind": "wait", "for": {"working_hours": 1, "calendar": "mars"}}
    decision = decide(
        compile_definition(template(step)), RunState(), Start({}, {"id": "r"}), FRIDAY, CALENDARS
    )
    raised = next(event for event in decision.events if event.kind == "exception_raised")
    assert "'mars'" in raised.data["message"]


@pytest.mark.parametrize(
    ("offset", "path", "code"),
    [
        ({}, "due", "offset"),
        ({"in": "P1D", "working_days": 1}, "due", "offset"),
        ({"in": "P1M"}, "due.in", "offset"),
        ({"working_days": -1}, "due.working_days", "offset"),
        ({"working_days": 1.5}, "due.working_days", "offset"),
        ({"working_hours": True}, "due.working_hours", "offset"),
        ({"working_hours": 1, "at": "17:00"}, "due.at", "offset"),
        ({"working_days": 1, "at": "5 pm"}, "due.at", "offset"),
        ({"working_days": 1, "from": "tomorrow"}, "due.from", "offset"),
        ({"working_days": 1, "before": "yes"}, "due.before", "offset"),
        ({"working_days": 1, "until": "x"}, "due.until", "offset"),
        ({"working_days": 1, "from": "end(input.)"}, "due.from", "expression_syntax"),
        ({"working_days": 1, "from": "step.nothing"}, "due.from", "anchor_unknown"),
        ({"working_days": 1, "from": "step.later"}, "due.from", "anchor_later"),
        ({"working_days": 1, "from": "step.task"}, "due.from", "anchor_later"),
        ({"working_days": 1, "from": "step.inner"}, "", ""),
        ({"working_days": 1, "calendar": "marz"}, "due.calendar", "unknown_calendar"),
    ],
)
def test_lint_says_what_is_wrong_and_where(offset: Any, path: str, code: str) -> None:
    text = template(
        {
            "id": "both",
            "kind": "parallel",
            "branches": [
                [{"id": "inner", "kind": "set", "values": {"x": 1}}],
                [{"id": "other", "kind": "set", "values": {"y": 1}}],
            ],
        },
        {"id": "task", "kind": "user_task", "assignee": {"role": "finance"}, "due": offset},
        {"id": "later", "kind": "set", "values": {"x": 2}},
    )
    checked = check_template(text, StaticCatalogue(names={"calendars": ["mars"]}))
    found = [(problem.path, problem.code) for problem in checked.problems]
    assert found == ([(f"steps[1].{path}", code)] if code else [])


def test_the_schema_agrees_with_the_reader_on_offsets() -> None:
    validator = Draft202012Validator(template_schema())
    good = {
        "id": "task",
        "kind": "user_task",
        "assignee": {"role": "finance"},
        "waiting_on": "third_party",
        "due": {"working_days": 3, "from": "end(input.end)", "at": "17:00", "before": True},
        "sla": {"target": {"working_hours": 4}, "pause_while_waiting_on": ["customer"]},
    }
    assert validator.is_valid(template(good))
    assert check_template(template(good)).problems == []
    for bad in ({"working_days": 3, "in": "P1D"}, {"from": "start"}, {"working_days": 3, "at": "24:00"}):
        assert not validator.is_valid(template({**good, "due": bad}))
        assert check_template(template({**good, "due": bad})).definition is None


def test_an_unknown_party_is_a_warning_because_it_was_valid_once() -> None:
    step = {"id": "x", "kind": "set", "values": {"a": 1}}
    checked = check_template(template(step, sla={"target": "P5D", "pause_while_waiting_on": ["customers"]}))
    assert checked.definition is not None
    assert [problem.code for problem in checked.problems] == ["unknown_party"]


def test_a_late_answer_of_a_step_nobody_counts_from_leaves_no_trace() -> None:
    world = World.of({"id": "task", "kind": "user_task", "assignee": {"role": "finance"}})
    world.start()
    world.send(CompleteStep("task#1", {}))
    assert world.state.anchors == {}
    assert not any("anchor" in event.data for event in world.history)


@pytest.mark.parametrize(
    ("trigger", "codes"),
    [
        ({"schedule": "0 6 * * 1-5"}, []),
        ({"schedule": "@daily", "event": "contract.signed", "zone": "Europe/Berlin", "catch_up": "each"}, []),
        ({"schedule": "0 6 * *"}, ["schedule"]),
        ({"schedule": "0 0 30 2 *"}, ["schedule"]),
        ({"schedule": "@daily", "zone": "Mars"}, ["zone"]),
        ({"schedule": "@daily", "catch_up": "all"}, ["unknown_word"]),
        ({}, ["missing"]),
    ],
)
def test_a_template_may_start_by_the_clock(trigger: Any, codes: list[str]) -> None:
    text = template({"id": "x", "kind": "set", "values": {"a": 1}}, trigger=trigger)
    checked = check_template(text)
    assert [problem.code for problem in checked.problems] == codes
    if codes != ["schedule"] and codes != ["zone"]:
        assert Draft202012Validator(template_schema()).is_valid(text) == (not codes)


def test_a_task_counts_by_the_calendar_of_its_person() -> None:
    kolkata = make_calendar(key="ada", zone="Asia/Kolkata", hours=[[(600, 1080)]] * 7)
    step = {
        "id": "task",
        "kind": "user_task",
        "assignee": {"user": "= input.who"},
        "due": {"working_hours": 2},
    }
    calendars = {**CALENDARS, "user/ada": kolkata}
    found = {}
    for who in ("ada", "bob"):
        begun = Start({"who": who}, {"id": "r"})
        decision = decide(compile_definition(template(step)), RunState(), begun, FRIDAY, calendars)
        found[who] = decision.state.visits["task#1"].due_at()
    assert found["bob"] == datetime(2026, 4, 3, 15, 0, tzinfo=UTC)
    assert found["ada"] == datetime(2026, 4, 4, 6, 30, tzinfo=UTC)
