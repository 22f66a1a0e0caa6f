"""When a delivery is tried: at once, then ever more patiently for about three days (Standard Webhooks)."""

import random
from datetime import datetime, timedelta

_HOUR = 3600
DELAYS = (0, 5, 300, 1800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)
"""Seconds before each attempt, counted from the one before."""
MAX_ATTEMPTS = len(DELAYS)
JITTER = 0.2


def next_attempt(attempts: int, at: datetime, retry_after: float | None = None) -> datetime | None:
    """Return when to try again after ``attempts`` failures, the last at ``at``; None if that was the last try.

    What the subscriber asks for in ``Retry-After`` (seconds) is a lower bound.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    seconds = DELAYS[attempts] * spread
    return at + timedelta(seconds=max(seconds, retry_after or 0.0))
