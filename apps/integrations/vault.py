"""Secrets of connections at rest: encrypted under keys derived for one tenant, so that another's ciphertext is noise."""

from typing import Any

from cryptography.fernet import InvalidToken

from apps.integrations.exceptions import CredentialUnreadable
from tenants.context import current_tenant
from tenants.sealing import seal_for, unseal_for

_PURPOSE = b"stored credential of tenant "


def seal(value: Any) -> str:
    """Encrypt a JSON value for the current tenant with the newest key."""
    current_tenant()
    return seal_for(_PURPOSE, value)


def unseal(token: str) -> Any:
    """Decrypt what ``seal`` gave for this tenant under any configured key; raise CredentialUnreadable otherwise."""
    current_tenant()
    try:
        return unseal_for(_PURPOSE, token)
    except InvalidToken as error:
        raise CredentialUnreadable("a stored secret does not decrypt with the keys of this tenant") from error
