"""A simulation clicked through: moves change it, what does not apply is refused, and it becomes a test case."""

from datetime import timedelta

import pytest

from apps.workflows.engine.simulation.running import run_tests
from apps.workflows.engine.simulation.scenario import MoveRefused, example_event, play_scenario
from apps.workflows.services.scenarios import added_case, case_text
from tests.unit.simulation.templates_tested import CHILD, DEFINITION

BEGIN = {"input": {"n": 30}}
WAY = [
    {"do": "answer", "visit": "docs#1", "output": {"ok": True}},
    {"do": "clock", "by": "PT4H"},
    {"do": "answer", "visit": "approve#1", "output": {"outcome": "approved"}},
    {"do": "answer", "visit": "make#1", "error": {"code": "timeout"}},
    {"do": "next"},
    {"do": "answer", "visit": "make#1", "output": {"id": 7}},
    {"do": "answer", "visit": "task#1", "output": {"ok": True}},
    {"do": "event", "type": "milestone.accepted", "data": {"n": 30}},
    {"do": "answer", "visit": "bill/invoice#1", "output": {"id": "i1"}},
]


def play(*moves, begin=BEGIN):
    return play_scenario(DEFINITION, CHILD, begin, list(moves))


def asks(played):
    return [run.prefix + question.visit for run, question in played.questions()]


def test_it_asks_one_question_after_the_other():
    seen = [asks(play(*WAY[:number])) for number in range(len(WAY))]
    assert seen[0] == ["docs#1"]
    assert seen[1] == seen[2] == ["approve#1"]
    assert seen[3] == ["make#1"]
    assert seen[6] == ["task#1"]
    assert seen[7] == []
    assert seen[8] == ["bill/invoice#1"]
    done = play(*WAY)
    assert done.run.finished is not None
    assert [sent.message for sent in done.run.messages] == ["large"]


def test_the_clock_moves_to_the_next_timer_or_by_a_time():
    played = play(WAY[0])
    at, step = played.next_timer()
    assert (at - played.began, step) == (timedelta(days=1), "approve")
    late = play(WAY[0], {"do": "next"})
    assert late.run.now - late.began == timedelta(days=1)
    assert [event.kind for event in late.run.history][-1] == "step_overdue"
    assert play(WAY[0], {"do": "clock", "by": "P2D"}).run.history == late.run.history


def test_what_a_wait_needs_is_known():
    played = play(*WAY[:7])
    (run, visit), *_rest = played.waits()
    assert example_event(run, visit)["data"] == {"n": 30}


def test_an_exception_is_tried_again_or_skipped():
    failed = {"do": "answer", "visit": "docs#1", "output": {"ok": False}}
    assert [held.id for _run, held in play(failed).exceptions()] == ["docs#1"]
    assert asks(play(failed, {"do": "retry", "visit": "docs#1"})) == ["docs#1"]
    assert asks(play(failed, {"do": "skip", "visit": "docs#1"})) == ["approve#1"]


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ([{"do": "answer", "visit": "approve#1"}], "Nothing is asked there"),
        ([{"do": "retry", "visit": "docs#1"}], "No exception is open"),
        ([{"do": "clock", "by": "tomorrow"}], "not a duration"),
        ([{"do": "next"}], "Nothing is planned"),
        ([{"do": "clock", "by": "P3000D"}, {"do": "clock", "by": "P3000D"}], "no further"),
        ([*WAY, {"do": "next"}], "The run is over"),
        ([*WAY[:6], {"do": "answer", "visit": "task#1", "output": {"ok": 3}}], "The form: ok"),
    ],
)
def test_what_does_not_apply_is_refused(moves, message):
    with pytest.raises(MoveRefused) as refused:
        play(*moves)
    assert message in refused.value.message


def test_an_input_that_does_not_fit_begins_nothing():
    with pytest.raises(MoveRefused):
        play(begin={"input": {"n": "x"}})
    assert asks(play(begin={"event": {"type": "contract.signed", "data": {"n": 3}}})) == ["docs#1"]


@pytest.mark.parametrize("moves", [WAY, WAY[:4], [*WAY[:3], {"do": "roll_back", "reason": "enough"}], []])
@pytest.mark.parametrize(
    "tests", ["", "cases: []\n", "# mine\ncases:\n- name: a\n  input: {n: 1}\n  expect: {waiting: [docs]}\n"]
)
def test_it_becomes_a_green_test_case(moves, tests):
    text = added_case(tests, case_text(play(*moves), "Kept", BEGIN))
    result = run_tests(text, DEFINITION, CHILD)
    assert result.suite.is_valid, (text, result.suite.problems)
    assert [case.name for case in result.results][-1] == "Kept"
    assert result.results[-1].passed, (text, result.results[-1].differences)
