"""Mappings: from a message to a domain event, by expressions over ``body``, ``headers`` and ``received_at``.

``let`` names parts of the message, evaluated in order; they keep the other expressions short, and within their cost.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from apps.core.api.parsers import storable
from apps.core.errors import Problem
from apps.core.expressions import ExpressionError, compile_expression, expression_source, is_expression
from apps.integrations.exceptions import MappingFailed

_MEMBERS = ("format", "scheme", "description", "let", "event", "id", "when", "subject", "data")
_EVENT_TYPE = re.compile(r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$")
_SUBJECT = re.compile(r"^[a-z][a-z0-9_]{0,39}/[^\s\x00]{1,79}$")
MAX_DATA = 256 * 1024


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """What a message says, as an event: ``subject`` is "" where the mapping names none."""

    type: str
    subject: str
    data: dict[str, Any]


def mapping_problems(mapping: Mapping[str, Any]) -> list[Problem]:
    """Return everything wrong with a mapping, each with pointer and remedy."""
    problems = [
        Problem(
            f"/mapping/{name}",
            f"{name!r} means nothing here.",
            "unknown_member",
            f"Known: {', '.join(_MEMBERS)}.",
        )
        for name in mapping
        if name not in _MEMBERS
    ]
    event = mapping.get("event")
    if not isinstance(event, str) or not (is_expression(event) or _EVENT_TYPE.match(event)):
        remedy = "Write <noun>.<past tense>, such as contract.signed."
        problems.append(
            Problem("/mapping/event", "The event's type is missing or no type.", "bad_event", remedy)
        )
    if not isinstance(mapping.get("data"), Mapping | str):
        problems.append(
            Problem("/mapping/data", "The event's data is missing.", "missing", "Write an object.")
        )
    problems.extend(
        Problem(f"/mapping/{name}", "A text is expected.", "not_text", "Write an expression.")
        for name in ("id", "when", "subject")
        if name in mapping and not isinstance(mapping[name], str)
    )
    if not isinstance(mapping.get("let", {}), Mapping):
        remedy = "Write names with an expression each."
        problems.append(Problem("/mapping/let", "An object is expected.", "not_an_object", remedy))
    problems.extend(_expression_problems({name: mapping.get(name) for name in _MEMBERS[3:]}, "/mapping"))
    when = mapping.get("when")
    if isinstance(when, str) and not is_expression(when):
        problems.extend(_expression_problems(f"={when}", "/mapping/when"))
    return problems


def read_body(body: bytes) -> Any:
    """Return the message as JSON; raise MappingFailed if it is none that can be kept."""
    try:
        return json.loads(body, parse_constant=_not_a_number)
    except UnicodeDecodeError as error:
        raise MappingFailed("not_json", "/body", f"The body is not text in UTF-8: {error.reason}.") from error
    except (ValueError, RecursionError) as error:
        raise MappingFailed("not_json", "/body", f"The body is not JSON: {error}.") from error


def external_id(mapping: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> str:
    """Return the id the mapping finds in the message, "" if it names or finds none."""
    source = mapping.get("id")
    if not isinstance(source, str):
        return ""
    try:
        scope = _with_names(mapping, {"body": read_body(body), "headers": dict(headers)})
        found = _resolve(source, scope, "/mapping/id")
    except MappingFailed:
        return ""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def map_message(mapping: Mapping[str, Any], scope: Mapping[str, Any]) -> MappedEvent | None:
    """Return the event of the message in ``scope``, None if ``when`` says it is none; raise MappingFailed."""
    scope = _with_names(mapping, scope)
    if "when" in mapping and not _holds(str(mapping["when"]), scope):
        return None
    event_type = _resolve(mapping["event"], scope, "/mapping/event")
    if not isinstance(event_type, str) or not _EVENT_TYPE.match(event_type):
        raise MappingFailed("bad_event", "/mapping/event", f"{event_type!r} is no type of an event.")
    subject = _resolve(mapping.get("subject", ""), scope, "/mapping/subject")
    if subject and not (isinstance(subject, str) and _SUBJECT.match(subject)):
        raise MappingFailed("bad_subject", "/mapping/subject", f"{subject!r} is not <noun>/<id>.")
    data = _resolve(mapping["data"], scope, "/mapping/data")
    if not isinstance(data, dict):
        raise MappingFailed("bad_data", "/mapping/data", "The data is not an object.")
    _check_storable(data)
    return MappedEvent(event_type, str(subject), data)


def _with_names(mapping: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scope with what ``let`` names, each after those it uses: stored JSON keeps no order."""
    named, waiting = dict(scope), dict(mapping.get("let", {}))
    while waiting:
        ready = [name for name, value in waiting.items() if not _names_in(value) & waiting.keys()]
        if not ready:
            circle = ", ".join(sorted(waiting))
            raise MappingFailed("circular", "/mapping/let", f"These names need each other: {circle}.")
        for name in ready:
            named[name] = _resolve(waiting.pop(name), named, f"/mapping/let/{name}")
    return named


def _names_in(value: Any) -> frozenset[str]:
    """Return the variables of all expressions in the value; one that cannot be read is told when it is evaluated."""
    if isinstance(value, Mapping):
        return frozenset().union(*map(_names_in, value.values()))
    if isinstance(value, list):
        return frozenset().union(*map(_names_in, value))
    if not is_expression(value):
        return frozenset()
    try:
        return compile_expression(expression_source(value)).variables
    except ExpressionError:
        return frozenset()


def _holds(when: str, scope: Mapping[str, Any]) -> bool:
    return _resolve(when if is_expression(when) else f"={when}", scope, "/mapping/when") is True


def _resolve(value: Any, scope: Mapping[str, Any], pointer: str) -> Any:
    """Return the document with its expressions replaced; the error names the place in the mapping."""
    if is_expression(value):
        try:
            return compile_expression(expression_source(value)).evaluate(scope)
        except ExpressionError as error:
            raise MappingFailed(error.code, pointer, error.message) from error
    if isinstance(value, Mapping):
        return {str(name): _resolve(item, scope, f"{pointer}/{name}") for name, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, scope, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def _expression_problems(value: Any, pointer: str) -> list[Problem]:
    if is_expression(value):
        try:
            compile_expression(expression_source(value))
        except ExpressionError as error:
            where = f"{error.message} (line {error.line}, column {error.column})"
            return [Problem(pointer, where, "bad_expression", "Correct the expression.")]
    elif isinstance(value, Mapping):
        return [
            found for name, item in value.items() for found in _expression_problems(item, f"{pointer}/{name}")
        ]
    elif isinstance(value, list):
        return [
            found for i, item in enumerate(value) for found in _expression_problems(item, f"{pointer}/{i}")
        ]
    return []


def _check_storable(data: dict[str, Any]) -> None:
    """Refuse what the database cannot keep as JSON: U+0000, half a surrogate pair, endless data."""
    text = json.dumps(data, ensure_ascii=False)
    if len(text) > MAX_DATA:
        raise MappingFailed("too_large", "/mapping/data", f"The data is longer than {MAX_DATA} characters.")
    if not all(storable(piece) for piece in _texts(data)):
        raise MappingFailed("not_text", "/mapping/data", "The data holds a character that no text can hold.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
