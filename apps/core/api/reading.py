"""Read input through a serializer: a plain dict, or Invalid with a JSON pointer to everything wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from apps.core.api.shapes import borrowed
from apps.core.errors import Invalid, Problem

PAGING_PARAMETERS = frozenset({"cursor", "limit"})


def read(
    serializer_class: type[serializers.BaseSerializer[Any]], data: Any, *, partial: bool = False
) -> dict[str, Any]:
    """Return the validated input; raise Invalid with pointers. Names the serializer does not know are refused."""
    with borrowed(serializer_class) as serializer:
        serializer.initial_data, serializer.partial = data, partial
        problems = list(_unknown(serializer, data)) if isinstance(serializer, serializers.Serializer) else []
        if not serializer.is_valid():
            problems.extend(problems_of(serializer.errors))
        if problems:
            raise Invalid("invalid_input", "The input is not valid; see errors.", problems)
        return dict(serializer.validated_data)


def read_query(
    serializer_class: type[serializers.BaseSerializer[Any]] | None, query: Mapping[str, str]
) -> dict[str, Any]:
    """Return the validated query parameters; those of paging are passed over, unknown ones raise Invalid."""
    given = {name: value for name, value in query.items() if name not in PAGING_PARAMETERS}
    if serializer_class is not None:
        return read(serializer_class, given)
    if given:
        raise Invalid(
            "invalid_input", "The input is not valid; see errors.", [_unknown_name(name) for name in given]
        )
    return {}


def problems_of(detail: Any, pointer: str = "") -> Iterator[Problem]:
    """Flatten the framework's tree of errors into problems with JSON pointers."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = pointer if name == api_settings.NON_FIELD_ERRORS_KEY else f"{pointer}/{_escape(str(name))}"
            yield from problems_of(inner, here)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            leaf = isinstance(inner, str)
            yield from problems_of(inner, pointer if leaf else f"{pointer}/{index}")
    elif detail:
        code = str(detail.code) if isinstance(detail, ErrorDetail) else "invalid"
        yield Problem(pointer, str(detail), code)


def _unknown(serializer: serializers.Serializer[Any], data: Any) -> Iterator[Problem]:
    if isinstance(data, Mapping):
        known = {name for name, field in serializer.fields.items() if not field.read_only}
        yield from (_unknown_name(str(name)) for name in data if name not in known)


def _unknown_name(name: str) -> Problem:
    return Problem(f"/{_escape(name)}", "There is no input of this name here.", "unknown")


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
