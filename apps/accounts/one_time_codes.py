"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds), and recovery codes. Pure."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

PERIOD = 30
DIGITS = 6
TOLERANCE = 1
"""So many periods before and after are accepted: clocks of telephones differ, and typing takes time."""
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_secret() -> str:
    """Return a new secret of 160 bits, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, counter: int) -> str:
    """Return the code of one period."""
    digest = hmac.new(_raw(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def counter_of(at: datetime) -> int:
    """Return the number of the period that a moment lies in."""
    return int(at.timestamp()) // PERIOD


def matching_counter(secret: str, code: str, at: datetime, *, after: int = 0) -> int | None:
    """Return the period whose code this is, near ``at`` and later than ``after`` (the last one used), or None."""
    around = range(counter_of(at) - TOLERANCE, counter_of(at) + TOLERANCE + 1)
    fitting = [
        counter
        for counter in around
        if counter > after and hmac.compare_digest(code_at(secret, counter).encode(), code.encode())
    ]
    return fitting[0] if fitting else None


def otpauth_url(secret: str, *, issuer: str, account: str) -> str:
    """Return the address that an authenticator app reads from a QR code."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def new_recovery_codes() -> list[str]:
    """Return new codes of 50 bits each, such as ``K7Q2M-9XWPA``."""
    return [f"{_random(5)}-{_random(5)}" for _ in range(RECOVERY_CODES)]


def plain(code: str) -> str:
    """Return a code as it is compared: without spaces and hyphens, in capitals."""
    return "".join(letter for letter in code if letter not in " -\t\u00a0").upper()[:64]


def grouped(secret: str) -> str:
    """Return a secret as people type it: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _raw(secret: str) -> bytes:
    try:
        return base64.b32decode(secret, casefold=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base32") from error
