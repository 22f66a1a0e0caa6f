"""Matching of events against what a waiting visit wants: complete in `matches`, indexable in `correlation`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.expression_limits import Token, tokenize
from apps.core.expressions import ExpressionError, compile_expression

Json = dict[str, Any]
_PATH = re.compile(r"event(\.[A-Za-z_]\w*)+")


def frozen_scope(match: str | None, scope: Mapping[str, Any]) -> Json:
    """The part of the variables a match expression refers to, as they are now; without `event`, as JSON."""
    if match is None:
        return {}
    frozen: Json = {}
    for name, members in compile_expression(match).names.items():
        if name == "event" or name not in scope:
            continue
        value = scope[name]
        if members is not None and isinstance(value, Mapping):
            value = {member: value[member] for member in sorted(members) if member in value}
        frozen[name] = value.isoformat() if hasattr(value, "isoformat") else value
    return frozen


def matches(match: str | None, scope: Mapping[str, Any], event: Json) -> bool:
    """Whether an event is the one waited for. An expression that cannot be evaluated for this event says no."""
    if match is None:
        return True
    try:
        return compile_expression(match).evaluate({**scope, "event": event}) is True
    except ExpressionError:
        return False


def correlation(match: str | None, scope: Mapping[str, Any]) -> Json:
    """Values an event must have for the match to hold, by dotted path: `{"data.project_id": "..."}`.

    Found in the top-level `&&` terms of the form `event.<path> == <other>`; text, whole numbers and booleans only.
    """
    found: Json = {}
    for term in _conjuncts(match or ""):
        sides = _split(term, "==")
        if len(sides) != 2:
            continue
        for path, other in (sides, sides[::-1]):
            if _PATH.fullmatch(path) and "event" not in {token.text for token in tokenize(other)}:
                value = _value(other, scope)
                if isinstance(value, str | int):
                    found[path.removeprefix("event.")] = value
    return found


def _conjuncts(source: str) -> list[str]:
    return [] if len(_split(source, "||")) > 1 or len(_split(source, "?")) > 1 else _split(source, "&&")


def _split(source: str, operator: str) -> list[str]:
    """The parts of an expression between an operator outside all brackets."""
    depth, start, parts = 0, 0, []
    tokens: list[Token] = tokenize(source)
    for token in tokens:
        if token.kind != "punct":
            continue
        if token.text in "([{":
            depth += 1
        elif token.text in ")]}":
            depth -= 1
        elif token.text == operator and depth == 0:
            parts.append(source[start : token.offset].strip())
            start = token.offset + len(operator)
    return [*parts, source[start:].strip()]


def _value(source: str, scope: Mapping[str, Any]) -> Any:
    try:
        return compile_expression(source).evaluate(scope)
    except ExpressionError:
        return None


def differences(expected: Mapping[str, Any], event: Json) -> str:
    """How an event differs from the values a wait must find: "data.id is 'A', wanted 'B'"; empty when it does not."""
    found = []
    for path, value in expected.items():
        held: Any = event
        for part in path.split("."):
            held = held.get(part) if isinstance(held, Mapping) else None
        if held != value:
            said = "missing" if held is None else repr(held)
            found.append(f"{path} is {said}, wanted {value!r}")
    return "; ".join(found)


def known_event(awaits: Json, at: datetime) -> Json:
    """The event that came, as far as what waited for it tells."""
    data: Json = {}
    for path, value in correlation(awaits.get("match"), awaits.get("scope") or {}).items():
        *outer, last = path.split(".")
        inner = data
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return {"id": "", "subject": "", "data": {}, **data, "type": awaits["type"], "time": at.isoformat()}
