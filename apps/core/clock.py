"""The one source of the present time."""

from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(seconds=1)
"""How far this machine's clock may be from the database's before the database's is taken."""

_apart = timedelta(0)


def now() -> datetime:
    """Return the present time in UTC, timezone-aware: the machine's, or the database's where they disagree."""
    return _machine() + _apart


def agree(database: datetime) -> None:
    """Go by the database's clock, which has just been read, if this machine's is off: timers are due by one clock only."""
    global _apart
    apart = database - _machine()
    _apart = apart if abs(apart) > TOLERANCE else timedelta(0)


def _machine() -> datetime:
    return datetime.now(UTC)
