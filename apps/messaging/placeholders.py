"""``{{ path.to.value }}`` in a tenant's text, and nothing else: no logic, no attributes, no filters. Pure."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apps.core.errors import Problem

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}", re.ASCII)
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def paths_in(text: str) -> list[str]:
    """Return the paths of the text's placeholders."""
    return _PLACEHOLDER.findall(text)


def problems_in(text: str, pointer: str) -> list[Problem]:
    """Return what is wrong with a text that holds placeholders."""
    leftover = _LEFTOVER.search(_PLACEHOLDER.sub("", text))
    if leftover is None:
        return []
    message = f"'{leftover.group()}' does not belong to a placeholder."
    return [
        Problem(
            pointer,
            message,
            "placeholder",
            "Write placeholders as {{ customer.name }}; there is nothing else.",
        )
    ]


def missing_in(text: str, values: Mapping[str, Any]) -> list[str]:
    """Return the paths of placeholders that have no value."""
    return [path for path in paths_in(text) if _value(path, values) is None]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with its placeholders replaced; those without a value become empty."""
    return _PLACEHOLDER.sub(lambda found: _value(found.group(1), values) or "", text)


def fill_line(text: str, values: Mapping[str, Any]) -> str:
    """Return one line of text for a header: filled, without line breaks, at most 200 characters."""
    return " ".join(fill(text, values).split())[:200]


def fill_path(text: str, values: Mapping[str, Any]) -> str:
    """Return a path on the tenant's host; values in it are quoted, so that none leads anywhere else."""
    return _PLACEHOLDER.sub(lambda found: quote(_value(found.group(1), values) or "", safe=""), text)


def _value(path: str, values: Mapping[str, Any]) -> str | None:
    held: Any = values
    for part in path.split("."):
        if not isinstance(held, Mapping) or part not in held:
            return None
        held = held[part]
    return _text(held)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None if value is None else ("yes" if value else "no")
    if isinstance(value, Mapping):
        return f"{value['amount']} {value['currency']}" if value.keys() >= {"amount", "currency"} else None
    if isinstance(value, list | tuple):
        return ", ".join(text for text in map(_text, value) if text)
    return _CONTROL.sub("", str(value))
