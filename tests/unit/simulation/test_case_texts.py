"""Test cases of templates are read with lines, and with precise problems."""

import pytest

from apps.workflows.engine.simulation.cases import read_suite
from tests.unit.simulation.templates_tested import DEFINITION, SMALL, expect, messages, run


def test_input_and_answers_are_held_against_their_schemas():
    assert messages(expect("outcome: completed", SMALL.replace("input: {n: 3}", "input: {n: x}"))) == [
        "The input does not fit: 'x' is not of type 'integer'"
    ]
    found = messages(expect("outcome: completed", SMALL.replace("output: {ok: true}", "output: {ok: 3}")))
    assert found == ["The answer for 'task' does not fit its form: ok: 3 is not of type 'boolean'"]


def test_what_does_not_match_a_wait_is_told():
    found = messages(
        expect("waiting: [accepted]", SMALL.replace("event: {data: {n: 3}}", "event: {data: {n: 4}}"))
    )
    assert found == ["The event for 'accepted' does not match what the step waits for."]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("docs: {facts", "dosc: {facts"), "unknown_step", 6),
        (("facts: {ok: true}", "facts: {ok: true}, output: {}"), "one_of", 6),
        (("after: PT2H", "after: 2 hours"), "duration", 8),
        (("input: {n: 3}", "inputs: {n: 3}"), "unknown_key", 4),
        (("name: small", "title: small"), "missing", 3),
        (("cases:", "case:"), "unknown_key", 3),
        (("    input: {n: 3}", "    at: 2026-03-02\n    input: {n: 3}"), "time", 4),
        (("facts: {ok: true}", "facts: 3"), "type", 6),
        (("      docs:", "     docs"), "syntax", 6),
    ],
)
def test_the_text_is_read_with_precise_problems(change, code, line):
    suite = read_suite(expect("outcome: completed", SMALL.replace(*change)), DEFINITION)
    assert not suite.is_valid
    found = {(problem.code, problem.line) for problem in suite.problems}
    assert (code, line) in found, found


@pytest.mark.parametrize(
    "line",
    [
        "paths: [docs]",
        "path: docs",
        "path: [nope]",
        "visits: 3",
        "elapsed: soon",
        "that: ['1 +']",
        "exceptions: [nope]",
    ],
)
def test_expectations_are_read_strictly(line):
    assert not read_suite(expect(line), DEFINITION).is_valid


@pytest.mark.parametrize("text", ["", "cases: []", "# nothing yet\n"])
def test_no_cases_are_no_problem(text):
    result = run(text)
    assert result.passed
    assert result.results == ()


@pytest.mark.parametrize(
    "text", ["3", "[1]", "cases: 3", "cases: [3]", "cases: [{}]", "cases: [{name: a}]", "{", "\x07"]
)
def test_nothing_unreadable_raises(text):
    result = run(text)
    assert not result.passed
    assert result.results == ()


def test_names_are_told_apart():
    twice = (
        SMALL + "      outcome: completed\n" + SMALL.replace("\ncases:\n", "") + "      outcome: completed\n"
    )
    assert [problem.code for problem in run(twice).suite.problems] == ["duplicate_name"]
