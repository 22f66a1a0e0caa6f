"""What is tried out counts in the calendars it is given: the workspace's, or those a case states."""

from datetime import UTC, date, datetime

import pytest

from apps.workflows.engine.calendars import Holiday, make_calendar
from apps.workflows.engine.offsets import STANDARD
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.simulation.cases import START, read_suite
from apps.workflows.engine.simulation.recorded import run_again
from apps.workflows.engine.simulation.records import read_record
from apps.workflows.engine.simulation.running import run_tests
from apps.workflows.engine.simulation.scenario import play_scenario

ASK = {
    "id": "ask",
    "kind": "user_task",
    "assignee": {"role": "delivery_manager"},
    "due": {"working_days": 1, "at": "12:00"},
}
CHILD = {
    "format": 1,
    "key": "child",
    "name": "Child",
    "sla": {"target": "P5D", "calendar": "night"},
    "steps": [ASK],
}
WHOLE = {
    "format": 1,
    "key": "under-test",
    "name": "Under test",
    "steps": [ASK, {"id": "inner", "kind": "subflow", "template": "child", "input": {}}],
}
DEFINITION = compile_definition(WHOLE)
CHILDREN = {"child": compile_definition(CHILD)}
HOLIDAY = make_calendar(
    key="business",
    zone="UTC",
    hours=[[(540, 1020)]] * 5 + [[], []],
    holidays=[Holiday(START.date()), Holiday(date(2026, 3, 3))],
)
"""The Monday on which cases begin, and the Tuesday after it, are closed."""
CASE = """
CALENDARScases:
  - name: answered after a day and four hours
    input: {}
    answers: {ask: {output: {}, after: P1DT4H}, inner/ask: {output: {}, after: PT1H}}
    OWNexpect: {outcome: completed, overdue: []}
"""
STATED = (
    "calendars: {business: {zone: Europe/Berlin, holidays: [2026-03-03, {date: 2020-03-02, yearly: true}]}}"
)


def workspace(definition, subject):
    """The calendars of a workspace whose business is closed for two days."""
    return {**STANDARD, "business": HOLIDAY}


def text(*, common="", own=""):
    shared = f"{common}\n" if common else ""
    return CASE.replace("CALENDARS", shared).replace("OWN", f"{own}\n    " if own else "")


def late(cases, **given):
    """The steps that were late."""
    result = run_tests(cases, DEFINITION, CHILDREN, **given)
    assert result.suite.is_valid, result.suite.problems
    return [step for case in result.results for one in case.differences for step in one.got]


def test_a_case_counts_in_the_calendars_of_the_workspace():
    assert late(text()) == ["ask"]
    assert late(text(), calendars_for=workspace) == []


@pytest.mark.parametrize("where", ["common", "own"])
def test_a_case_that_states_a_calendar_needs_no_workspace(where):
    stated = text(**{where: STATED})
    assert late(stated) == []
    assert late(stated, calendars_for=lambda *_: {}) == []
    assert late(text(common=STATED, own="calendars: {business: {}}")) == ["ask"]


def test_a_stated_calendar_holds_where_the_service_level_names_it():
    named = compile_definition({**WHOLE, "sla": {"target": "P5D", "calendar": "office"}})
    result = run_tests(text(common=STATED.replace("business", "office")), named, CHILDREN)
    assert result.passed


def test_a_subflow_counts_in_the_calendars_of_its_own_template():
    asked = []

    def calendars_for(definition, subject):
        asked.append((definition.key, subject))
        return STANDARD

    late(text(own="subject: customer/1"), calendars_for=calendars_for)
    assert asked == [("under-test", "customer/1"), ("child", "customer/1")]


def test_a_simulation_shows_the_due_date_of_the_workspace():
    def due(**given):
        return play_scenario(DEFINITION, {}, {}, [], **given).questions()[0][1].asked["due_at"]

    assert due() == datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert due(calendars_for=workspace) == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_recorded_run_is_tried_again_in_the_calendars_of_the_workspace():
    waiting = {
        **WHOLE,
        "steps": [{"id": "pause", "kind": "wait", "for": {"working_days": 1, "at": "12:00"}}],
    }
    definition = compile_definition(waiting)
    played = play_scenario(definition, {}, {}, [{"do": "next"}], workspace)
    record = read_record(played.run.history)
    assert run_again(definition, record, workspace).run.history[-1].at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert run_again(definition, record).run.history[-1].at == datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "path"),
    [
        ("{zone: Nowhere/Land}", "calendars.business"),
        ("{hours: [[], [], [], [], [], [], []]}", "calendars.business"),
        ("{hours: [[['17:00', '09:00']], [], [], [], [], [], []]}", "calendars.business"),
        ("{hours: [[['9', '17']]]}", "calendars.business.hours"),
        ("{hours: 5}", "calendars.business.hours"),
        ("{hours: [[['09:00']]]}", "calendars.business.hours"),
        ("{holidays: [Christmas]}", "calendars.business.holidays[0]"),
        ("{holidays: [2026-01-01, {date: 2026-12-25, often: 1}]}", "calendars.business.holidays[1]"),
        ("{holidays: [{date: 2026-12-25, yearly: sometimes}]}", "calendars.business.holidays[0]"),
        ("{closed: 1}", "calendars.business.closed"),
        ("5", "calendars.business"),
    ],
)
def test_what_is_no_calendar_is_said_with_its_place(calendar, path):
    suite = read_suite(text(common=f"calendars: {{business: {calendar}}}"), DEFINITION)
    assert [(problem.path, problem.line) for problem in suite.problems] == [(path, 2)]


def test_what_is_always_open_cannot_be_stated():
    assert not read_suite(text(common="calendars: {continuous: {}}"), DEFINITION).is_valid
    assert not read_suite(text(common="calendars: [business]"), DEFINITION).is_valid
