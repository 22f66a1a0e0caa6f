"""Secrets of calendar feeds: only their digest is kept. Pure."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """Return under what a secret is kept; secrets have 256 random bits, so a plain digest is enough."""
    return sha256(secret.encode()).hexdigest()
