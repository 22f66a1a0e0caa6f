"""Secrets at rest: encrypted under keys derived for one tenant (or the platform) and one purpose.

Another tenant's ciphertext is noise, and so is what was sealed for another purpose.
"""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tenants.context import tenant_or_none

_PLATFORM = b"platform"


def seal_for(purpose: bytes, value: Any) -> str:
    """Encrypt a JSON value for where we are, with the newest key."""
    return _keys(purpose).encrypt(json.dumps(value, separators=(",", ":")).encode()).decode()


def unseal_for(purpose: bytes, token: str) -> Any:
    """Decrypt what ``seal_for`` gave here for the purpose under any configured key; else raise fernet's InvalidToken."""
    return json.loads(_keys(purpose).decrypt(token.encode()))


def _keys(purpose: bytes) -> MultiFernet:
    tenant = tenant_or_none()
    whose = tenant.id.bytes if tenant is not None else _PLATFORM
    return _derived(purpose + whose, tuple(settings.CREDENTIAL_KEYS))


@lru_cache(maxsize=2048)
def _derived(info: bytes, masters: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(master, info)) for master in masters])


def _derive(master: str, info: bytes) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    return base64.urlsafe_b64encode(kdf.derive(base64.urlsafe_b64decode(master)))
