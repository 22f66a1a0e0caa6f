"""Conditions of a decision table that can be compared: terms over one path, joined by `&&`. Anything else is unknown."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.core.expression_limits import Token, tokenize

Value = Decimal | str | bool
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Term:
    """`path operator value`; for `in` there are several values."""

    path: str
    operator: str
    values: tuple[Value, ...]

    def holds(self, value: Value | None) -> bool:
        """Whether the term holds for a value of the path; None stands for a text nobody names."""
        if self.operator in ("==", "in"):
            return value in self.values
        if self.operator == "!=":
            return value not in self.values
        is_ordered = isinstance(value, Decimal) and isinstance(self.values[0], Decimal)
        return is_ordered and _COMPARE[self.operator](value, self.values[0])


def terms_of(source: str | None) -> list[Term] | None:
    """The terms of a condition that must all hold (none: always); None when it cannot be compared."""
    if source is None or source.strip() == "true":
        return []
    tokens = tokenize(source)
    if any(token.text in ("||", "?", "(") for token in tokens):
        return None
    terms = [_term(part) for part in _split(tokens, "&&")]
    return None if any(term is None for term in terms) else [term for term in terms if term is not None]


def _split(tokens: list[Token], separator: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "punct" and token.text == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _term(tokens: list[Token]) -> Term | None:
    texts = [token.text for token in tokens]
    if texts and texts[0] == "!" and (path := _path(texts[1:])):
        return Term(path, "==", (False,))
    if path := _path(texts):
        return Term(path, "==", (True,))
    for index, token in enumerate(tokens):
        if token.text == "in":
            path, values = _path(texts[:index]), _list(texts[index + 1 :])
            return Term(path, "in", values) if path and values else None
        if token.kind == "punct" and token.text in _TURNED:
            return _comparison(texts[:index], token.text, texts[index + 1 :])
    return None


def _comparison(left: list[str], sign: str, right: list[str]) -> Term | None:
    for path_side, value_side, found in ((left, right, sign), (right, left, _TURNED[sign])):
        path, value = _path(path_side), _value(value_side)
        if path and value is not None:
            is_ordered = found in _COMPARE
            return Term(path, found, (value,)) if not is_ordered or isinstance(value, Decimal) else None
    return None


def _path(texts: list[str]) -> str:
    path = "".join(texts)
    return path if _PATH.fullmatch(path) and path not in ("true", "false", "null") else ""


def _list(texts: list[str]) -> tuple[Value, ...]:
    if len(texts) < 3 or texts[0] != "[" or texts[-1] != "]":
        return ()
    values = [_value([text]) for text in texts[1:-1] if text != ","]
    return () if any(value is None for value in values) else tuple(v for v in values if v is not None)


def _value(texts: list[str]) -> Value | None:
    text = "".join(texts)
    if text in ("true", "false"):
        return text == "true"
    if text[:1] in ("'", '"'):
        try:
            return str(ast.literal_eval(text))
        except (SyntaxError, ValueError):
            return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
