"""One way of writing a value as JSON, for whatever is hashed or signed. Pure."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return the value as UTF-8 JSON with sorted members and no white space, so that equal values are equal bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
