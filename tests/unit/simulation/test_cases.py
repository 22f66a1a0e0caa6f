"""Test cases of templates: run on the pure core, judged with the smallest difference."""

from datetime import timedelta

import pytest

from apps.workflows.engine.parse import compile_definition, parse_template
from apps.workflows.engine.simulation.running import run_tests
from tests.unit.simulation.templates_tested import SMALL, expect, messages, only, run


def test_a_case_runs_to_its_end():
    result = only(
        SMALL
        + """
      outcome: completed
      exact_path: [docs, make, size, task, accepted, bill, done]
      not_reached: [approve, tell]
      outputs: {make: {id: 7}, size: {case: otherwise}}
      output: {made: 7}
      visits: {docs: 1}
      messages: []
      exceptions: []
      overdue: []
      elapsed: P1DT2H
      that: ["steps.make.id == 7", "= size(steps) > 3"]
"""
    )
    assert result.differences == ()
    assert result.passed
    assert result.elapsed == timedelta(days=1, hours=2)


def test_the_sla_stands_still_while_the_customer_is_waited_for():
    assert messages(expect("elapsed: {sla_at_most: PT2H, at_least: P1D}")) == []
    assert messages(expect("elapsed: {sla_at_most: PT1H}")) == [
        "The SLA clock ran PT2H, at most PT1H was expected."
    ]


WEEKEND = """
format: 1
key: weekend
name: Weekend
sla: {target: {working_days: 2}, calendar: business, pause_while_waiting_on: [customer]}
steps:
  - {id: task, kind: user_task, assignee: {role: finance}}
  - {id: sign, kind: user_task, assignee: {role: finance}, audience: customer}
  - {id: last, kind: user_task, assignee: {role: finance}}
"""


def test_the_sla_is_counted_in_its_calendar_as_a_real_run_counts_it():
    # Eleven open hours from Friday at nine to Monday at noon, none of the customer's day, then one.
    definition = parse_template(WEEKEND).definition
    case = """
calendars: {business: {zone: UTC}}
cases:
  - name: over the weekend
    at: 2026-03-06T09:00:00Z
    input: {}
    answers: {task: {output: {}, after: P3DT3H}, sign: {output: {}, after: P1D}, last: {output: {}, after: PT1H}}
    expect: {outcome: completed, elapsed: {at_least: P4DT4H, LIMITS}}
"""

    def told(limits):
        result = run_tests(case.replace("LIMITS", limits), definition, {})
        return [one.message for one in result.results[0].differences]

    assert told("sla_at_most: PT12H, sla_at_least: P1DT4H") == []
    assert told("sla_at_most: P1DT3H") == [
        "The SLA clock ran PT12H of open time, at most P1DT3H was expected."
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("outcome: rejected", "The run ended completed, not rejected."),
        (
            "path: [task, make]",
            "'make' was expected on the path, but the run did not come to it in this order.",
        ),
        ("path: [approve]", "'approve' was expected on the path, but the run never came to it."),
        ("exact_path: [docs, task]", "At place 2 comes 'make', not 'task'."),
        ("not_reached: [task, approve]", "The run came to 'task'."),
        ("outputs: {make: {id: 8}}", "outputs: 'make.id' is another value."),
        ("outputs: {make: {name: x}}", "outputs: 'make.name' is not there."),
        ("vars: {x: 1}", "vars: 'x' is not there."),
        ("messages: [large]", "The message 'large' was not sent as expected; sent: nothing."),
        ("exceptions: [docs]", "Exceptions raised: none."),
        ("overdue: [approve]", "Overdue: none."),
        ("visits: {docs: 2}", "'docs' was visited 1 times, not 2."),
        ("waiting: [task]", "The run stands at no step."),
        ("elapsed: P3D", "The run took P1DT2H, at least P3D was expected."),
        ('that: ["steps.make.id == 8"]', "“steps.make.id == 8” does not hold."),
    ],
)
def test_what_was_not_met_is_said_with_its_line(line, message):
    result = only(expect(line))
    assert [one.message for one in result.differences] == [message]
    shown = result.to_json()["differences"][0]
    assert shown["line"] == SMALL.count("\n") + 1


LARGE = """
cases:
  - name: large
    input: {n: 30}
    answers:
      docs: {facts: {ok: true}}
      approve: [{outcome: rejected, comment: "no", after: PT1H}, {outcome: approved, after: P2D}]
      make: [{error: timeout, times: 2}, {output: {id: 7}}]
      task: {output: {ok: true}}
      accepted: {event: {data: {n: 30}}}
      bill/invoice: {output: {id: i1}, after: PT1H}
    expect:
"""


def test_answers_come_in_order_and_subflows_are_simulated():
    text = (
        LARGE
        + """
      outcome: completed
      visits: {approve: 2, docs: 2, make: 1}
      messages: [{message: large, to: ["a@b.example"]}]
      overdue: [approve]
      outputs: {bill: {outcome: completed, steps: {invoice: {id: i1}}}}
"""
    )
    result = run(text)
    assert result.passed, result.results[0].differences
    assert result.coverage.steps["tell"] == 1
    taken = {(way.step, way.slot): count for way, count in result.coverage.ways.items()}
    assert taken["size", "cases.0"] == 1
    assert taken["approve", "when"] == 0
    assert taken["size", "otherwise"] == 0


def test_an_unanswered_question_stands_until_its_time_is_over():
    text = expect(
        "waiting: [accepted]", SMALL.replace("      accepted: {event: {data: {n: 3}}, after: P1D}\n", "")
    )
    result = only(text)
    assert result.differences == ()
    assert result.outcome == "running"
    assert "accepted" in result.waiting


def test_time_stops_at_until():
    text = expect(
        "exceptions: []", SMALL.replace("      accepted: {event: {data: {n: 3}}, after: P1D}\n", "")
    )
    assert messages(text) == ["Exceptions raised: 'accepted (timed_out)'."]
    assert messages(text.replace("    answers:", "    until: P20D\n    answers:", 1)) == []


def test_a_failed_check_is_repeated_by_an_event_and_a_person_may_retry_or_skip():
    base = SMALL.replace("docs: {facts: {ok: true}}", "docs: [{facts: {ok: false}}, {facts: {ok: true}}]")
    event = base.replace(
        "    expect:",
        "    then:\n      - {after: PT3H, event: {type: document.received, data: {n: 3}}}\n    expect:",
    )
    assert messages(expect("outcome: completed", event)) == []
    retried = base.replace("    expect:", "    then:\n      - {retry: docs}\n    expect:")
    assert messages(expect("exceptions: [{step: docs, code: check_failed}]", retried)) == []
    skipped = base.replace(
        "    expect:", "    then:\n      - {skip: docs, output: {passed: true}}\n    expect:"
    )
    assert messages(expect("outputs: {docs: {passed: true}}", skipped)) == []


def test_what_was_planned_and_never_possible_is_told():
    text = SMALL.replace("    expect:", "    then:\n      - {retry: make}\n    expect:")
    assert messages(expect("outcome: completed", text)) == ["'retry' never became possible."]
    late = SMALL.replace("    expect:", "    then:\n      - {after: PT1H, skip: make}\n    expect:")
    assert messages(expect("outcome: completed", late)) == ["'skip' was not possible then: visit closed."]


def test_a_roll_back_is_simulated():
    text = SMALL.replace("    expect:", "    then:\n      - {after: PT1H, roll_back: enough}\n    expect:")
    assert messages(expect("outcome: rolled_back", text)) == []
    assert messages(expect("outcome: cancelled", text.replace("roll_back", "cancel"))) == []


def test_an_event_starts_the_run():
    text = expect(
        "that: ['input.n == 3']",
        SMALL.replace("input: {n: 3}", "event: {type: contract.signed, data: {n: 3}}"),
    )
    assert messages(text) == []
    assert messages(text.replace("n: 3}}\n    answers", "n: 0}}\n    answers")) == [
        "The event does not start a run of this template."
    ]


def test_a_person_retries_as_soon_as_it_is_possible():
    definition = compile_definition(
        {
            "format": 1,
            "key": "round",
            "name": "Round",
            "steps": [
                {"id": "a", "kind": "wait", "for": "PT1M"},
                {
                    "id": "b",
                    "kind": "check",
                    "rules": [{"id": "no", "expr": "false"}],
                    "recheck_on": {"type": "x.y"},
                },
            ],
        }
    )
    text = "cases:\n  - {name: a, input: {}, then: [{retry: b}], expect: {exceptions: [b, b]}}\n"
    result = run_tests(text, definition, {})
    assert result.passed, result.results[0].differences


def test_the_same_case_gives_the_same_history():
    text = expect("outcome: completed")
    assert only(text).history == only(text).history


RACING = {
    "format": 1,
    "key": "racing",
    "name": "Racing",
    "connections": {"psa": {"connector": "generic-rest"}},
    "steps": [
        {
            "id": "either",
            "kind": "parallel",
            "join": "any",
            "branches": [
                [
                    {
                        "id": "make",
                        "kind": "action",
                        "connection": "psa",
                        "operation": "make",
                        "compensate": {"operation": "unmake", "input": {"id": "= steps.make.id"}},
                    }
                ],
                [{"id": "ask", "kind": "user_task", "assignee": {"role": "finance"}}],
            ],
        },
        {"id": "part", "kind": "subflow", "template": "part"},
        {"id": "last", "kind": "user_task", "assignee": {"role": "finance"}},
    ],
}
PART = {
    "format": 1,
    "key": "part",
    "name": "Part",
    "connections": {"psa": {"connector": "generic-rest"}},
    "steps": [
        {
            "id": "inside",
            "kind": "action",
            "connection": "psa",
            "operation": "make",
            "compensate": {"operation": "unmake", "input": {}},
        },
        {"id": "check", "kind": "user_task", "assignee": {"role": "finance"}},
    ],
}
LATE = """
cases:
  - name: late
    input: {}
    answers:
      make: {output: {id: 7}, after: PT2H}
      ask: {output: {}, after: PT1H}
      part/inside: {output: {id: 8}}
      part/check: {output: {}, after: PT10M}
    then:
      - {after: PT4H, roll_back: enough}
    expect:
      outcome: rolled_back
"""


def late_case(text):
    parts = {"part": compile_definition(PART)}
    (result,) = run_tests(text, compile_definition(RACING), parts).results
    assert result.differences == ()
    return [event.visit for event in result.history if (event.visit or "").endswith("~undo")][::2], result


def test_an_answer_after_the_branch_closed_is_undone_and_a_subflow_in_its_turn():
    undone, _result = late_case(LATE)
    assert undone == ["make#1~undo", "part#1~undo"]


def test_a_call_nobody_answers_was_never_sent():
    undone, result = late_case(LATE.replace("      make: {output: {id: 7}, after: PT2H}\n", ""))
    assert undone == ["part#1~undo"]
    assert "late_outcome" in [event.kind for event in result.history]


def test_an_open_subflow_is_rolled_back_before_anything_else():
    undone, result = late_case(LATE.replace("after: PT10M", "after: P9D"))
    assert undone == ["make#1~undo"]
    assert [event.kind for event in result.history if event.visit == "part#1"] == [
        "step_started",
        "step_closed",
    ]
