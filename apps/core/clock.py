"""The one source of the present time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present time in UTC, timezone-aware."""
    return datetime.now(UTC)
