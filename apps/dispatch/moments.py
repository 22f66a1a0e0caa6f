"""Moments at which work that is not urgent comes due together, so that one message carries much of it."""

from datetime import UTC, datetime
from math import ceil
from zlib import crc32

from tenants.db import connection


def moment_after(at: datetime, *, every_seconds: float) -> datetime:
    """Return the first moment of the entered schema at or after ``at``; they lie ``every_seconds`` apart.

    Each schema has its own, so that they do not all come due at once. Without a distance, ``at`` itself is one.
    """
    if every_seconds <= 0:
        return at
    offset = crc32(connection.schema_name.encode()) % 1000 / 1000 * every_seconds
    number = ceil((at.timestamp() - offset) / every_seconds)
    return datetime.fromtimestamp(number * every_seconds + offset, tz=UTC)
