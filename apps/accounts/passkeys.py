"""Passkeys (WebAuthn): what a browser is asked, and whether its answer holds. Pure: no rows, no requests.

The relying party is the host that somebody signs in on, so a passkey of one host opens nothing on another. The device has
to verify its owner (finger, face, PIN), and the answer has to come from a page of exactly this origin.
"""

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

Json = dict[str, Any]


class BadAnswer(Exception):
    """What the browser sent does not answer what it was asked."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks: the ``origin`` of the page, such as ``https://acme.example``, and the brand's ``name``."""

    origin: str
    name: str

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.origin).hostname or ""

    def server(self) -> Fido2Server:
        """Return what asks and checks in this party's name."""
        return Fido2Server(
            PublicKeyCredentialRpEntity(id=self.host, name=self.name),
            verify_origin=lambda origin: origin == self.origin,
        )


def ask_to_register(
    party: Party, *, user_id: str, name: str, label: str, held: Sequence[str]
) -> tuple[Json, Json]:
    """Return the options for ``navigator.credentials.create`` and what the answer is checked against."""
    options, state = party.server().register_begin(
        user=PublicKeyCredentialUserEntity(id=user_id.encode(), name=name, display_name=label),
        credentials=[_credential(text) for text in held],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def registered(party: Party, state: Mapping[str, Any], answer: Any) -> str:
    """Return the credential to keep; raise BadAnswer."""
    try:
        data = party.server().register_complete(state, answer).credential_data
    except _NONSENSE as error:
        raise BadAnswer(str(error)) from error
    if data is None:
        raise BadAnswer("no credential was made")
    return base64.b64encode(bytes(data)).decode()


def ask_to_confirm(party: Party, held: Sequence[str]) -> tuple[Json, Json]:
    """Return the options for ``navigator.credentials.get`` and what the answer is checked against."""
    options, state = party.server().authenticate_begin(
        credentials=[_credential(text) for text in held],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def confirmed(party: Party, state: Mapping[str, Any], held: Sequence[str], answer: Any) -> int:
    """Return which of the credentials has signed; raise BadAnswer."""
    known = [_credential(text) for text in held]
    try:
        used = party.server().authenticate_complete(state, known, answer)
    except _NONSENSE as error:
        raise BadAnswer(str(error)) from error
    return next(
        number for number, credential in enumerate(known) if credential.credential_id == used.credential_id
    )


def _credential(text: str) -> AttestedCredentialData:
    return AttestedCredentialData(base64.b64decode(text))


_NONSENSE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    AssertionError,
    struct.error,
    binascii.Error,
    UnsupportedAlgorithm,
    NotImplementedError,
)
"""What the library raises for answers that are none."""
