"""JSON as a person writes it into a form: read with precise complaints."""

import json
from io import BytesIO
from typing import Any

from rest_framework.exceptions import ParseError

from apps.core.api.parsers import StrictJSONParser
from apps.core.errors import Invalid

MAX_TEXT = 256 * 1024


def read_json(text: str) -> Any:
    """Return the value; raise Invalid with line and column of what is wrong, or what in it cannot be stored."""
    if len(text) > MAX_TEXT:
        raise Invalid("too_long", f"This is longer than {MAX_TEXT // 1024} KB.")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise Invalid("not_json", message) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("not_json", f"This is not JSON: {error}.") from error
    try:
        StrictJSONParser().parse(BytesIO(text.encode("utf-8", "replace")))
    except ParseError as error:
        raise Invalid("not_storable", str(error.detail)) from error
    return value


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object; raise Invalid as ``read_json`` does, and for anything that is no object."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise Invalid("not_an_object", "This must be a JSON object: it begins with { and ends with }.")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")
