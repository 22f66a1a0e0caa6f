"""Rings of live secrets: the newest first, two at most while one is rotated."""

from apps.core.clock import now
from apps.integrations.types import Json
from apps.integrations.vault import seal, unseal

LIVE = 2


def first_ring(secret: str) -> str:
    """Return the sealed ring that holds only this secret."""
    return seal([_entry(secret)])


def turned_ring(sealed: str, secret: str) -> str:
    """Return the sealed ring with the secret as its newest; the one before stays live, older ones end."""
    held: list[Json] = unseal(sealed)
    return seal([_entry(secret), *held][:LIVE])


def _entry(secret: str) -> Json:
    return {"secret": secret, "since": now().isoformat()}
