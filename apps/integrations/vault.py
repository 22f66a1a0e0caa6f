"""Secrets at rest: encrypted under keys derived for one tenant, so that another tenant's ciphertext is noise."""

import base64
import json
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.integrations.exceptions import CredentialUnreadable
from tenants.context import current_tenant

_PURPOSE = b"stored credential of tenant "


def seal(value: Any) -> str:
    """Encrypt a JSON value for the current tenant with the newest key."""
    return _keys().encrypt(json.dumps(value, separators=(",", ":")).encode()).decode()


def unseal(token: str) -> Any:
    """Decrypt what ``seal`` gave for this tenant under any configured key; raise CredentialUnreadable otherwise."""
    try:
        return json.loads(_keys().decrypt(token.encode()))
    except InvalidToken as error:
        raise CredentialUnreadable("a stored secret does not decrypt with the keys of this tenant") from error


def _keys() -> MultiFernet:
    return _derived(current_tenant().id, tuple(settings.CREDENTIAL_KEYS))


@lru_cache(maxsize=2048)
def _derived(tenant_id: UUID, masters: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(master, tenant_id)) for master in masters])


def _derive(master: str, tenant_id: UUID) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE + tenant_id.bytes)
    return base64.urlsafe_b64encode(kdf.derive(base64.urlsafe_b64decode(master)))
