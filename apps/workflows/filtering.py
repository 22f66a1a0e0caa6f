"""The filters of runs and exceptions as they are asked and kept: checked, and the same for lists and bulk operations."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from apps.accounts.choices import Role
from apps.core.errors import Invalid, Problem
from apps.workflows.choices import BulkAbout, CaseStatus, RunStatus
from apps.workflows.engine.durations import parse_duration

Json = dict[str, Any]
MAX_CHOSEN = 1_000
"""Targets that may be named one by one; more are found by a filter."""
_TEXT = 120


def read_filter(about: BulkAbout, raw: Mapping[str, Any], where: str = "/filter") -> Json:
    """Return the filter with what was left empty left out; raise Invalid with a pointer for each thing wrong.

    ``where`` is the pointer of the filter itself ("" for the query of an address).
    """
    kept: Json = {}
    problems: list[Problem] = []
    known = _KNOWN[about]
    for name, value in raw.items():
        if value in ("", None, []):
            continue
        read = known.get(name)
        if read is None:
            remedy = f"Use {', '.join(known)}."
            problems.append(Problem(f"{where}/{name}", "There is no such filter.", "unknown", remedy))
            continue
        try:
            kept[name] = read(value)
        except (ValueError, TypeError) as error:
            problems.append(Problem(f"{where}/{name}", f"{error}.", "invalid"))
    if problems:
        raise Invalid("invalid_filter", "The filter cannot be used.", problems)
    return kept


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _TEXT:
        raise ValueError(f"Use a text of at most {_TEXT} characters")
    return value


def _number(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or not 0 < int(text) < 2**31:
        raise ValueError("Use a whole number from 1")
    return int(text)


def _id(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError("Use an id") from None


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_CHOSEN:
        raise ValueError(f"Use a list of at most {MAX_CHOSEN} ids")
    return sorted({_id(one) for one in value})


def _age(value: Any) -> str:
    text = _text(value)
    parse_duration(text)
    return text


def _one_of(values: list[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in values:
            raise ValueError(f"Use one of {', '.join(values)}")
        return str(value)

    return read


_SHARED: dict[str, Callable[[Any], Any]] = {
    "ids": _ids,
    "template": _text,
    "version": _number,
    "step": _text,
    "code": _text,
    "connection": _id,
    "older_than": _age,
    "search": _text,
    "done_by": _id,
    "subject": _text,
}
_KNOWN: dict[BulkAbout, dict[str, Callable[[Any], Any]]] = {
    BulkAbout.RUN: {**_SHARED, "status": _one_of(list(RunStatus.values))},
    BulkAbout.EXCEPTION: {
        **_SHARED,
        "status": _one_of(list(CaseStatus.values)),
        "slot": _text,
        "owner_role": _one_of([str(value) for value in Role.values]),
    },
}
