"""Each chain's own key to sign with: Ed25519, derived from the platform's secret, so that it need not be stored."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that anybody may check signatures with: 32 bytes in hexadecimal, and the short name statements call it by."""

    id: str
    hex: str

    @classmethod
    def of(cls, raw: bytes) -> "PublicKey":
        return cls(hashlib.sha256(raw).hexdigest()[:16], raw.hex())


def public_keys(chain: UUID) -> list[PublicKey]:
    """Return the chain's public keys: the one that signs now, then older ones whose signatures still count."""
    return [PublicKey.of(_key(master, chain).public_key().public_bytes_raw()) for master in _masters()]


def sign(chain: UUID, content: bytes) -> str:
    """Return the signature of the content with the chain's present key, in hexadecimal."""
    return _key(_masters()[0], chain).sign(content).hex()


def is_signed(content: bytes, *, signature: str, key: PublicKey) -> bool:
    """Whether the signature is that of the content by the key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.hex)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(master: bytes, chain: UUID) -> Ed25519PrivateKey:
    seed = hmac.new(master, b"audit chain " + chain.bytes, hashlib.sha256).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def _masters() -> list[bytes]:
    try:
        masters = [base64.urlsafe_b64decode(text) for text in settings.AUDIT_SIGNING_KEYS]
    except binascii.Error as error:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEYS: each key is 32 bytes in URL-safe base64.") from error
    if not masters or any(len(master) != SECRET_BYTES for master in masters):
        raise ImproperlyConfigured("AUDIT_SIGNING_KEYS: each key is 32 bytes in URL-safe base64.")
    return masters
