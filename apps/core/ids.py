"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that ids sort by the time they were made."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

_RANDOM = (1 << 80) - 1
"""What follows the 48 bits of time in a UUIDv7, its version and variant included."""


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def derived_id(origin: UUID, name: str) -> UUID:
    """Return the id of what follows from another thing under a name: the same each time, and sorted with it.

    It has the form of a UUIDv7 with the time of ``origin``.
    """
    value = origin.int & ~_RANDOM | uuid5(origin, name).int & _RANDOM
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
