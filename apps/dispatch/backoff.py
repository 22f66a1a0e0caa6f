"""When to try again: exponential with jitter."""

import random
from datetime import datetime, timedelta

from apps.core.clock import now


def next_try(attempt: int, *, base_seconds: float = 2.0, cap_seconds: float = 600.0) -> datetime:
    """Return when to try again after ``attempt`` (from 1) failed: base, twice base, ... up to the cap, +-20 %."""
    seconds = min(cap_seconds, base_seconds * 2 ** (min(attempt, 20) - 1))
    return now() + timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, guards nothing
