"""What was shown, in the one form that is hashed. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from apps.core.errors import Invalid
from apps.core.money import Money


def canonical_json(value: Any) -> bytes:
    """Return the value as UTF-8 JSON with sorted members and no white space, so that equal values are equal bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def amount_in(show: Mapping[str, Any]) -> Money | None:
    """Return the money at stake: ``show.amount``, else the first amount among what is shown, else None."""
    for value in (show.get("amount"), *show.values()):
        if isinstance(value, Mapping) and value.keys() >= {"amount", "currency"}:
            try:
                return Money.from_json(value)
            except Invalid:
                continue
    return None
