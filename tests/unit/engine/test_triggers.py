"""How events start runs, and how waiting visits are found for an event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.core.expressions import ExpressionError
from apps.workflows.engine.durations import format_duration, parse_duration
from apps.workflows.engine.matching import correlation, matches
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.triggers import begin_from_event, input_problems, trigger_matches
from tests.unit.engine.world import NOW, template

END = {"id": "e", "kind": "end"}
EVENT: dict[str, Any] = {
    "type": "contract.signed",
    "subject": "contract/1",
    "data": {"id": "c-1", "amount": {"amount": "12.50", "currency": "EUR"}},
}


def test_a_trigger_wants_its_event_when_the_condition_holds() -> None:
    definition = compile_definition(
        template(END, trigger={"event": "contract.signed", "when": "event.data.amount.value > 10"})
    )
    assert trigger_matches(definition, EVENT, NOW)
    cheap = {**EVENT, "data": {"amount": {"amount": "9.99", "currency": "EUR"}}}
    assert not trigger_matches(definition, cheap, NOW)
    assert not trigger_matches(definition, {**EVENT, "type": "contract.lost"}, NOW)
    with pytest.raises(ExpressionError, match="There is no 'amount' here"):
        trigger_matches(definition, {**EVENT, "data": {}}, NOW)


def test_the_run_gets_the_data_of_the_event_or_what_the_trigger_says() -> None:
    plain = compile_definition(template(END, trigger={"event": "contract.signed"}))
    begin = begin_from_event(plain, EVENT, NOW)
    assert (begin.input, begin.subject, begin.key) == (EVENT["data"], "contract/1", "")
    mapped = compile_definition(
        template(
            END,
            trigger={
                "event": "contract.signed",
                "input": {"contract_id": "= event.data.id"},
                "subject": "= event.subject",
                "key": "= event.data.id",
            },
            input={
                "type": "object",
                "required": ["contract_id"],
                "properties": {"contract_id": {"type": "string"}},
            },
        )
    )
    begin = begin_from_event(mapped, EVENT, NOW)
    assert (begin.input, begin.key) == ({"contract_id": "c-1"}, "c-1")
    assert input_problems(mapped, begin.input) == []
    wrong = input_problems(mapped, {"contract_id": 5})
    assert (wrong[0].path, wrong[0].code) == ("contract_id", "schema_type")


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("event.data.a == vars.x", {"data.a": "X"}),
        ("vars.x == event.data.a && event.data.n > 1", {"data.a": "X"}),
        ("event.subject == 'p/' + vars.x && event.data.n == 3", {"subject": "p/X", "data.n": 3}),
        ("event.data.a == vars.x || true", {}),
        ("(event.data.a == vars.x)", {}),
        ("event.data.a == event.data.b", {}),
        ("event.data.a == vars.missing", {}),
        ("event.data.a == vars.list", {}),
        ("event.data.a == vars.x ? true : false", {}),
    ],
)
def test_correlation_finds_what_an_event_must_have(match: str, expected: dict[str, Any]) -> None:
    assert correlation(match, {"vars": {"x": "X", "list": [1]}}) == expected


def test_matching_says_no_when_the_event_has_another_shape() -> None:
    assert matches(None, {}, {})
    assert matches("event.data.a == 1", {}, {"data": {"a": 1}})
    assert not matches("event.data.a == 1", {}, {"data": {}})
    assert not matches("event.data.a", {}, {"data": {"a": "yes"}})


@pytest.mark.parametrize("text", ["P2D", "PT4H", "PT30S", "P1DT12H", "PT1.5S", "PT1H30M"])
def test_durations_read_and_write(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


def test_weeks_are_seven_days_and_nothing_is_zero() -> None:
    assert parse_duration("P2W") == timedelta(days=14)
    assert format_duration(timedelta(0)) == "PT0S"


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1Y", "P1M", "2D", "P-1D", "P99999999999D", "P1DT", "PT1H "]
)
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|years"):
        parse_duration(text)
