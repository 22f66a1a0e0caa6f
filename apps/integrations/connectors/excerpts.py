"""What of a call is kept for people to see: short, and without secrets."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MASK = "•••"
MAX_EXCERPT = 4000
_SENSITIVE = re.compile(
    r"pass(word|wd)?$|secret|token|api[-_]?key|authorization|cookie|private[-_]?key|credential", re.IGNORECASE
)
_KEPT_HEADERS = frozenset(
    {"content-type", "retry-after", "location", "idempotent-replayed", "x-request-id", "date"}
)


def mask(value: Any, secrets: Sequence[str] = ()) -> Any:
    """Return the JSON value with sensitive members and every occurrence of the secrets blotted out."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {
            str(name): MASK if _SENSITIVE.search(str(name)) and item is not None else mask(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [mask(item, secrets) for item in value]
    return value


def excerpt(value: Any, secrets: Sequence[str] = ()) -> Any:
    """Return the masked value, or the beginning of its text where it is long."""
    masked = mask(value, secrets)
    text = masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False, default=str)
    if len(text) <= MAX_EXCERPT:
        return masked
    return {"excerpt": text[:MAX_EXCERPT], "characters": len(text)}


def response_excerpt(
    status: int, headers: Mapping[str, str], body: Any, secrets: Sequence[str]
) -> dict[str, Any]:
    """Return what is kept of an answer."""
    kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
    return {"status": status, "headers": mask(kept, secrets), "body": excerpt(body, secrets)}
