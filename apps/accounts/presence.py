"""How whoever acts came in: from where, with what program, and by what he proved who he is. Never a secret.

Bound to the request, so that whoever writes down what was done (a decision, say) can write down how; outside of
requests nobody came in.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.http import HttpRequest

from apps.accounts.hosts import network_address
from apps.accounts.models import ApiKey, User

_CLIENT_LENGTH = 300
_METHODS = {
    "password": "password",
    "code": "mail_code",
    "password_reset": "mail_link",
    "totp": "totp",
    "webauthn": "passkey",
    "recovery_codes": "recovery_code",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One way in which the person proved himself: password, mail_code, mail_link, totp, passkey, recovery_code, key, lease.

    ``at`` is RFC 3339; ``again`` where he was asked once more for what he was about to do.
    """

    method: str
    at: str = ""
    again: bool = False

    def to_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"method": self.method}
        if self.at:
            shape["at"] = self.at
        return {**shape, "again": True} if self.again else shape


@dataclass(frozen=True, slots=True)
class Presence:
    """``credential`` names the session or key: no name leads back to the secret."""

    address: str = ""
    client: str = ""
    credential: str = ""
    proofs: Sequence[Proof] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "address": self.address,
            "client": self.client,
            "credential": self.credential,
            "authenticated": [proof.to_json() for proof in self.proofs],
        }


_NOBODY = Presence()
_present: ContextVar[Presence] = ContextVar("presence", default=_NOBODY)


def presence() -> Presence:
    """Return how the one who acts came in."""
    return _present.get()


@contextmanager
def arriving(request: HttpRequest) -> Iterator[None]:
    """Bind where the request comes from within the block; what is noted inside ends with it."""
    client = request.headers.get("User-Agent", "").replace("\x00", "")[:_CLIENT_LENGTH]
    token = _present.set(Presence(address=network_address(request) or "", client=client))
    try:
        yield
    finally:
        _present.reset(token)


def note_session(request: HttpRequest, user: User) -> None:
    """Note the session of a person whom the middleware has recognised."""
    named = hashlib.sha256(str(request.session.session_key).encode()).hexdigest()[:16]
    proofs = [Proof("lease")] if user.lease_id else _proofs(request)
    _present.set(replace(_present.get(), credential=f"session:{named}", proofs=tuple(proofs)))


def note_key(key: ApiKey) -> None:
    """Note the key of a program."""
    _present.set(replace(_present.get(), credential=f"key:{key.public_id}", proofs=(Proof("key"),)))


def _proofs(request: HttpRequest) -> list[Proof]:
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    found = []
    for record in records if isinstance(records, list) else []:
        named = record.get("type") if record.get("method") == "mfa" else record.get("method")
        at = datetime.fromtimestamp(float(record.get("at", 0)), UTC).isoformat(timespec="seconds")
        found.append(
            Proof(
                _METHODS.get(str(named), str(named)),
                at.replace("+00:00", "Z"),
                again=bool(record.get("reauthenticated")),
            )
        )
    return found
