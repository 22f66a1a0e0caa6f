"""JSON as the database can keep it."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 64


class StrictJSONParser(JSONParser):
    """JSON without what PostgreSQL cannot store (U+0000, lone surrogates) and without bottomless nesting."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        _check(value, MAX_DEPTH)
        return value


def storable(text: str) -> bool:
    """Whether the text can be stored: no U+0000 and no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise ParseError("The JSON is nested too deeply.")
    if isinstance(value, str):
        if not (value.isascii() and "\x00" not in value) and not storable(value):
            raise ParseError("The JSON holds a character that no text can hold (U+0000 or half of a pair).")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)
