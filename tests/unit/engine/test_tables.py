"""Decision tables as a whole: gaps, overlaps and rules never reached, told in words, and silence where it is not known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.engine.lint import check_template
from apps.workflows.engine.tables import analyse
from apps.workflows.engine.terms import terms_of
from tests.unit.engine.test_flow import put
from tests.unit.engine.world import World, template


def told(*conditions: str | None, hit: str = "first", schema: dict[str, Any] | None = None) -> list[str]:
    return [found.message for found in analyse(conditions, hit, schema or {})]


def test_a_gap_is_named_with_its_values() -> None:
    assert told(
        "input.amount < 10000",
        "input.amount >= 10000 && input.amount <= 20000 && input.region == 'DE'",
        "input.amount > 20000",
        schema={"properties": {"region": {"enum": ["DE", "US"]}}},
    ) == ["amount between 10000 and 20000 and region 'US' matches no rule."]


def test_neighbouring_gaps_are_told_as_one() -> None:
    assert told("input.n < 5", "input.n >= 10") == ["n between 5 and 10 matches no rule."]
    assert told("input.n < 5", "input.n > 5") == ["n 5 matches no rule."]
    assert told("input.n < 5") == ["n above 5 matches no rule."]


@pytest.mark.parametrize(
    "conditions",
    [
        ("input.n < 5", "input.n >= 5"),
        ("input.n < 5", None),
        ("input.kind == 'a'", "input.kind != 'a'"),
        ("input.kind in ['a', 'b']", "!input.flag", "input.flag"),
        ("10 > input.n", "input.n >= 10.0"),
    ],
)
def test_complete_tables_are_not_spoken_of(conditions: tuple[str | None, ...]) -> None:
    assert told(*conditions) == []


@pytest.mark.parametrize(
    "condition",
    [
        "input.a.exists(x, x > 1)",
        "input.a < input.b",
        "input.a < 5 || input.b",
        "size(input.a) > 3",
        "input.a <",
    ],
)
def test_what_cannot_be_compared_is_not_judged(condition: str) -> None:
    assert terms_of(condition) is None
    assert told(condition) == []


def test_values_of_other_kinds_or_too_many_combinations_are_not_judged() -> None:
    assert told("input.a < 5", "input.a == 'x'") == []
    many = [f"input.p{index} > {value}" for index in range(9) for value in range(3)]
    assert told(*many) == []


def test_only_the_values_the_schema_allows_count() -> None:
    schema = {"properties": {"n": {"type": "integer", "minimum": 0, "maximum": 100}}}
    assert told("input.n <= 100", schema=schema) == []
    assert told("input.n >= 1", schema=schema) == ["n below 1 matches no rule."]


def test_overlaps_matter_where_one_rule_may_match() -> None:
    rules = ("input.n < 10", "input.n > 5", "input.n == 10")
    found = analyse(rules, "unique", {})
    assert [(one.code, one.rule, one.message) for one in found] == [
        ("decision_overlap", 1, "Rules 1 and 2 both match n between 5 and 10."),
        ("decision_overlap", 2, "Rules 2 and 3 both match n 10."),
    ]
    assert analyse(rules, "first", {})[0].code == "unreachable_rule"
    assert analyse(rules, "collect", {}) == []


@given(st.lists(st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=="]), st.integers(0, 6)), max_size=4))
def test_a_table_said_to_be_complete_is_complete(terms: list[tuple[str, int]]) -> None:
    conditions = [f"input.n {sign} {bound}" for sign, bound in terms]
    if not conditions:
        return
    has_gap = any(found.code == "decision_gap" for found in analyse(conditions, "first", {}))
    values = [Decimal(number) / 2 for number in range(-4, 18)]
    holds = {
        "<": lambda value, bound: value < bound,
        "<=": lambda value, bound: value <= bound,
        ">": lambda value, bound: value > bound,
        ">=": lambda value, bound: value >= bound,
        "==": lambda value, bound: value == bound,
    }
    really = any(not any(holds[sign](value, bound) for sign, bound in terms) for value in values)
    assert has_gap == really


def decision(**more: Any) -> dict[str, Any]:
    return {"id": "d", "kind": "decision", **more}


def test_the_checker_warns_on_the_rule_concerned() -> None:
    rules = [{"when": "input.n < 5", "then": {"x": 1}}, {"when": "input.n < 3", "then": {"x": 2}}]
    problems = check_template(template(decision(rules=rules), put("p", y="= steps.d.x"))).problems
    assert [(problem.code, problem.severity, problem.path) for problem in problems] == [
        ("decision_gap", "warning", "steps[0].rules"),
        ("unreachable_rule", "warning", "steps[0].rules[1]"),
    ]


@pytest.mark.parametrize(
    ("how", "value"), [("sum", 12), ("min", 2), ("max", 10), ("count", 2), ("list", [2, 10])]
)
def test_collected_values_are_aggregated(how: str, value: Any) -> None:
    rules = [
        {"when": "true", "then": {"fee": 2, "why": "base"}},
        {"when": "input.n > 5", "then": {"fee": 10}},
        {"when": "input.n > 50", "then": {"fee": 100}},
    ]
    world = World.of(decision(hit="collect", rules=rules, aggregate={"fee": how}))
    world.start(n=7)
    assert world.state.outputs["d"] == {"fee": value, "why": ["base"]}


def test_what_is_no_number_has_no_sum() -> None:
    rules = [{"then": {"fee": "much"}}]
    world = World.of(decision(hit="collect", rules=rules, aggregate={"fee": "sum"}))
    world.start()
    assert world.exceptions["d#1"].code == "not_a_number"
    problems = check_template(template(decision(rules=rules, aggregate={"fee": "sum"}))).problems
    assert "no_effect" in [problem.code for problem in problems]
