"""Expressions: values, money, errors with their place, and bounds on cost."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.expression_limits import measure
from apps.core.expressions import ExpressionError, compile_expression, expression_view, resolve

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PRICE = {"amount": "10.50", "currency": "EUR"}
SCOPE: dict[str, Any] = {
    "input": {
        "amount": {"amount": "12500.10", "currency": "EUR"},
        "n": 3,
        "list": [1, 2, 3],
        "id": UUID(int=1),
        "share": Decimal("0.5"),
        "none": None,
    },
    "steps": {"docs": {"passed": True}, "big": {"rows": list(range(60_000))}},
    "now": NOW,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("input.amount.value > 12500", True),
        ("input.amount.minor * 2", 2500020),
        ("input.amount", {"amount": "12500.10", "currency": "EUR"}),
        ("[input.amount]", [{"amount": "12500.10", "currency": "EUR"}]),
        ("input.n > 2.5", True),
        ("input.list.map(x, x * input.n)", [3, 6, 9]),
        ("input.list.filter(x, x > 1).exists(x, x == 3)", True),
        ("has(input.nothing)", False),
        ("has(steps.docs) && steps.docs.passed", True),
        ("input.none == null", True),
        ("input.id", "00000000-0000-0000-0000-000000000001"),
        ("input.share", 0.5),
        ("now", "2026-03-02T09:00:00+00:00"),
        ("now + duration('48h')", "2026-03-04T09:00:00+00:00"),
        ("now - timestamp('2026-03-02T08:00:00Z')", "PT3600S"),
        ("optional.none()", None),
        ("{'a': [1.5, 'x', true]}", {"a": [1.5, "x", True]}),
    ],
)
def test_values(source: str, value: Any) -> None:
    assert compile_expression(source).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("input.nothing", "missing_key", "There is no 'nothing' here"),
        ("inptu.n", "unknown_name", "'inptu' is not known"),
        ("sze(input.list)", "unknown_name", "'sze' is not known"),
        ("input.n.startsWith('a')", "type", "'startsWith' cannot be used on this value"),
        ("input.n + 1.5", "type", "No such overload"),
        ("'x' + input.n", "type", "string + int"),
        ("1 / 0", "evaluation", "division by zero"),
        ("input.list[7]", "evaluation", "out of bounds"),
        ("1.0 / 0.0", "type", "not a finite number"),
        ("b'abc'", "type", "not JSON"),
        ("steps.big.rows.size()", "too_costly", "too much data"),
        ("timestamp('yesterday')", "evaluation", "timestamp"),
    ],
)
def test_evaluation_errors_say_what_is_wrong(source: str, code: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate(SCOPE)
    assert caught.value.code == code
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [("input.n +", 1, 10), ("input.n ==\n  )", 2, 3), ("'abc", 1, 1), ("a.?b", 1, 2)],
)
def test_syntax_errors_have_a_place(source: str, line: int, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    assert (caught.value.code, caught.value.line, caught.value.column) == ("syntax", line, column)


@pytest.mark.parametrize(
    "source",
    [
        "[1,2,3,4,5,6,7,8,9,0].map(a, [1].map(b, [1].map(c, [1].map(d, a))))",
        "(" * 50 + "1" + ")" * 50,
        "1 + " * 600 + "1",
    ],
)
def test_costly_text_is_refused_before_it_runs(source: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    assert caught.value.code == "too_costly"


@pytest.mark.parametrize(
    "source",
    [
        "l.map(a, l.map(b, l.map(c, a * b * c)))",
        "l.map(a, l)",
        "l.map(a, [l, l, l, l])",
        "(l + l + l + l).all(a, (l + l + l).all(b, a + b > 0))",
    ],
)
def test_costly_combinations_of_text_and_data_are_refused_quickly(source: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate({"l": list(range(1, 2000))})
    assert caught.value.code == "too_costly"
    assert time.perf_counter() - started < 1


def test_only_what_an_expression_names_is_copied() -> None:
    assert compile_expression("steps.docs.passed").evaluate(SCOPE) is True


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("event.data.a.id", 1),
        ("event.data.a == event.data.b", False),
        ("event.data.a.id == event.data.b.id", True),
        ("has(event.data.a.id) && !has(event.data.a.missing)", True),
        ("event.data.a.id + size(event.data)", 4),
        ("event.data['a'].id + event.data.b.id", 2),
        ("event.data.list.map(x, x.n)", [1, 2]),
        ("event.data.list[1].n + event.data.list.size()", 4),
        ("event.data.a.price.minor", 1050),
        ("event.data.a.name.startsWith('x') ? event.data.a : {}", {"id": 1, "name": "xy", "price": PRICE}),
    ],
)
def test_what_is_copied_is_enough(source: str, value: object) -> None:
    a = {"id": 1, "name": "xy", "price": PRICE}
    data = {"a": a, "b": {"id": 1}, "list": [{"n": 1, "m": "unused"}, {"n": 2}]}
    assert compile_expression(source).evaluate({"event": {"data": data, "unused": object()}}) == value


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("a.b.c + a.b.d", {"a": {"b": {"c": None, "d": None}}}),
        ("a.b.c + size(a.b)", {"a": {"b": None}, "size": None}),
        ("size(a.b) + a.b.c", {"a": {"b": None}, "size": None}),
        ("a.b.startsWith(c)", {"a": {"b": None}, "c": None}),
        ("a['b'].c + d.e", {"a": None, "d": {"e": None}}),
        ("a.", {"a": None}),
    ],
)
def test_paths_name_what_is_used(source: str, paths: object) -> None:
    assert measure(source).paths == paths


def test_resolve_replaces_marked_strings_everywhere_and_nothing_else() -> None:
    document = {
        "a": "= input.n",
        "b": ["=input.n + 1", "input.n", 5],
        "c": {"d": None, "e": "= {'x': input.n}"},
    }
    assert resolve(document, SCOPE) == {"a": 3, "b": [4, "input.n", 5], "c": {"d": None, "e": {"x": 3}}}
    assert document["a"] == "= input.n"


def test_the_view_of_money_has_numbers() -> None:
    view = expression_view({"x": [{"amount": "-0.10", "currency": "EUR"}]})
    assert view == {"x": [{"amount": "-0.10", "currency": "EUR", "value": -0.1, "minor": -10}]}
    for amount in ("NaN", "abc", "1e99", 5):
        money = {"amount": amount, "currency": "EUR"}
        assert expression_view(money) == money


def test_variables_leave_out_what_macros_bind() -> None:
    expression = compile_expression("input.list.map(x, x + n).exists(y, y in steps.docs)")
    assert expression.variables == {"input", "n", "steps"}
    assert expression.names["input"] == frozenset({"list"})
    assert expression.unknown_functions == frozenset()


@settings(max_examples=500, deadline=timedelta(seconds=2))
@given(
    st.text(alphabet="input.n+-*/()[]{}<>=!&|?:'\"\\ \nxlmapd0123456789,", max_size=40) | st.text(max_size=30)
)
def test_any_text_is_a_value_or_an_expression_error(source: str) -> None:
    errors = []
    try:
        compile_expression(source).evaluate(SCOPE)
    except ExpressionError as error:
        errors.append(error)
    assert all(error.message and error.line >= 1 for error in errors)
