"""Signature schemes: how a message proves where it comes from. Constant-time, over the raw bytes."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets as random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.errors import Problem
from apps.integrations.choices import HookScheme
from apps.integrations.exceptions import BadSignature

TOLERANCE_SECONDS = 300
_DOCUSIGN_SIGNATURES = tuple(f"x-docusign-signature-{number}" for number in range(1, 101))
# A repeated delivery of the same DocuSign message differs in these alone.
_DOCUSIGN_VOLATILE = ("retryCount", "generatedDateTime")
_HMAC_OPTIONS = ("signature_header", "encoding", "prefix", "id_header", "timestamp_header", "signed")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it arrived; header names are lower case."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way of signing. ``identify`` returns the sender's id of the message, "" if its headers hold none."""

    verify: Callable[[Mapping[str, Any], Sequence[str], Incoming], None]
    identify: Callable[[Mapping[str, Any], Incoming], str]
    digest: Callable[[Mapping[str, Any], Incoming], str]
    make_secret: Callable[[], str]
    check_secret: Callable[[str], bool]
    check_options: Callable[[Mapping[str, Any]], list[Problem]]


def scheme_of(name: str) -> Scheme:
    return _SCHEMES[HookScheme(name)]


def standard_key(secret: str) -> bytes:
    """Return the key of a ``whsec_`` secret; raise ValueError if it is none of 16 to 128 bytes."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if not 16 <= len(key) <= 128:
        raise ValueError("a key has 16 to 128 bytes")
    return key


def make_standard_secret() -> str:
    """Return a new secret of 32 random bytes in the notation of Standard Webhooks."""
    return f"whsec_{base64.b64encode(random.token_bytes(32)).decode()}"


def _verify_standard(_options: Mapping[str, Any], secrets: Sequence[str], incoming: Incoming) -> None:
    message_id = incoming.headers.get("webhook-id", "")
    timestamp = incoming.headers.get("webhook-timestamp", "")
    given = incoming.headers.get("webhook-signature", "")
    if not message_id or not timestamp or not given:
        raise BadSignature("The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    _check_timestamp(timestamp, incoming)
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + incoming.body
    versions = [part.partition(",") for part in given.split(" ")[:32]]
    candidates = [signature for version, _comma, signature in versions if version == "v1"]
    keys = [standard_key(secret) for secret in secrets]
    _match([_base64_mac(key, signed) for key in keys], candidates)


def _verify_docusign(_options: Mapping[str, Any], secrets: Sequence[str], incoming: Incoming) -> None:
    candidates = [incoming.headers[name] for name in _DOCUSIGN_SIGNATURES if name in incoming.headers]
    if not candidates:
        raise BadSignature("The header X-DocuSign-Signature-1 is needed.")
    _match([_base64_mac(secret.encode(), incoming.body) for secret in secrets], candidates)


def _verify_hmac(options: Mapping[str, Any], secrets: Sequence[str], incoming: Incoming) -> None:
    name = str(options["signature_header"]).lower()
    given = incoming.headers.get(name, "")
    if not given:
        raise BadSignature(f"The header {options['signature_header']} is needed.")
    signed = incoming.body
    if "timestamp_header" in options:
        timestamp = incoming.headers.get(str(options["timestamp_header"]).lower(), "")
        _check_timestamp(timestamp, incoming)
        if options.get("signed") == "timestamp.body":
            signed = f"{timestamp}.".encode("utf-8", "replace") + signed
    prefix = str(options.get("prefix", ""))
    hexadecimal = options.get("encoding", "hex") == "hex"
    mac = _hex_mac if hexadecimal else _base64_mac
    candidate = given.removeprefix(prefix)
    _match(
        [mac(secret.encode(), signed) for secret in secrets],
        [candidate.lower() if hexadecimal else candidate],
    )


def _match(expected: Sequence[str], candidates: Sequence[str]) -> None:
    """Compare every pair, whatever matched before, so that time tells nothing."""
    matched = False
    for mac in expected:
        for candidate in candidates:
            matched |= hmac.compare_digest(mac.encode(), candidate.encode("utf-8", "replace"))
    if not matched:
        raise BadSignature("The signature does not fit the body and a secret of this hook.")


def _check_timestamp(text: str, incoming: Incoming) -> None:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise BadSignature("The timestamp is not a Unix time in seconds.")
    if abs(incoming.received_at.timestamp() - int(text)) > TOLERANCE_SECONDS:
        raise BadSignature("The timestamp is more than five minutes away from our clock.")


def _base64_mac(key: bytes, data: bytes) -> str:
    return base64.b64encode(hmac.new(key, data, hashlib.sha256).digest()).decode()


def _hex_mac(key: bytes, data: bytes) -> str:
    return hmac.new(key, data, hashlib.sha256).hexdigest()


def _raw_digest(_options: Mapping[str, Any], incoming: Incoming) -> str:
    return hashlib.sha256(incoming.body).hexdigest()


def _docusign_digest(options: Mapping[str, Any], incoming: Incoming) -> str:
    """Hash the message without what counts its repetitions."""
    try:
        body = json.loads(incoming.body)
        held = {name: value for name, value in body.items() if name not in _DOCUSIGN_VOLATILE}
        return hashlib.sha256(json.dumps(held, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    except (ValueError, AttributeError, RecursionError):
        return _raw_digest(options, incoming)


def _is_standard_secret(secret: str) -> bool:
    try:
        standard_key(secret)
    except ValueError:
        return False
    return True


def _is_shared_secret(secret: str) -> bool:
    return 16 <= len(secret) <= 512 and secret.isprintable()


def _no_options(options: Mapping[str, Any]) -> list[Problem]:
    return [_unknown(name) for name in options]


def _hmac_problems(options: Mapping[str, Any]) -> list[Problem]:
    problems = [_unknown(name) for name in options if name not in _HMAC_OPTIONS]
    if not options.get("signature_header"):
        message = "Which header holds the signature is not said."
        problems.append(
            Problem("/options/signature_header", message, "missing", "Write for example X-Signature.")
        )
    for name, value in options.items():
        if not isinstance(value, str) or len(value) > 80 or not value.isprintable():
            problems.append(
                Problem(f"/options/{name}", "A short text is expected.", "invalid", "Correct it.")
            )
    for name, known in (("encoding", ("hex", "base64")), ("signed", ("body", "timestamp.body"))):
        if name in options and options[name] not in known:
            remedy = f"Use {' or '.join(known)}."
            problems.append(
                Problem(f"/options/{name}", f"{options[name]!r} is not known.", "unknown", remedy)
            )
    if options.get("signed") == "timestamp.body" and "timestamp_header" not in options:
        message = "The header of the signed timestamp is not said."
        problems.append(
            Problem("/options/timestamp_header", message, "missing", "Write for example X-Timestamp.")
        )
    return problems


def _unknown(name: str) -> Problem:
    return Problem(f"/options/{name}", "It means nothing for this scheme.", "unknown_member", "Remove it.")


def _header_id(options: Mapping[str, Any], incoming: Incoming) -> str:
    name = str(options.get("id_header", "")).lower()
    return incoming.headers.get(name, "") if name else ""


def _make_shared_secret() -> str:
    return random.token_urlsafe(32)


_SCHEMES: dict[HookScheme, Scheme] = {
    HookScheme.STANDARD_WEBHOOKS: Scheme(
        verify=_verify_standard,
        identify=lambda _options, incoming: incoming.headers.get("webhook-id", ""),
        digest=_raw_digest,
        make_secret=make_standard_secret,
        check_secret=_is_standard_secret,
        check_options=_no_options,
    ),
    HookScheme.DOCUSIGN_CONNECT: Scheme(
        verify=_verify_docusign,
        identify=lambda _options, _incoming: "",
        digest=_docusign_digest,
        make_secret=_make_shared_secret,
        check_secret=_is_shared_secret,
        check_options=_no_options,
    ),
    HookScheme.HMAC_SHA256: Scheme(
        verify=_verify_hmac,
        identify=_header_id,
        digest=_raw_digest,
        make_secret=_make_shared_secret,
        check_secret=_is_shared_secret,
        check_options=_hmac_problems,
    ),
}
