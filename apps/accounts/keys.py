"""The text of an API key: ``key_live_<public id>_<secret and checksum>``; pure.

The public id finds the row, the secret is kept only as its SHA-256 (it is random, 190 bits, so no slow hash is needed),
and the checksum tells a mistyped or invented key from a real one without asking the database.
"""

import hashlib
import re
import secrets
import string
import zlib

from apps.accounts.types import ParsedKey

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PUBLIC, _SECRET, _CHECK = 8, 32, 6
_KEY = re.compile(
    rf"^key_(live|test)_([0-9A-Za-z]{{{_PUBLIC}}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECK}}})$"
)


def new_key(environment: str) -> tuple[ParsedKey, str]:
    """Return a new key's parts and its text; ``environment`` is ``live`` or ``test``."""
    parts = ParsedKey(environment, _random(_PUBLIC), _random(_SECRET))
    head = f"key_{parts.environment}_{parts.public_id}_{parts.secret}"
    return parts, head + _checksum(head)


def parse_key(text: str) -> ParsedKey | None:
    """Return the parts of a well-formed key, or None."""
    match = _KEY.match(text)
    if match is None or _checksum(text[:-_CHECK]) != match[4]:
        return None
    return ParsedKey(match[1], match[2], match[3])


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
