"""What is to be done about the times of a schedule that have come: on time, missed, caught up."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.workflows.engine.cron import Cron, fires, next_fire

ON_TIME = timedelta(minutes=15)
"""A time is missed only when nobody could act on it for longer than this."""

FAR_BACK = timedelta(days=31)
"""Missed times older than this are not counted one by one; what is said of them says so."""

MAX_EACH = 100


@dataclass(frozen=True, slots=True)
class Due:
    """Times that have come, oldest first: those to start, and how many missed ones they stand for.

    `passed` counts the missed times nothing is started for; `next_at` is the first time still to come.
    """

    start: list[datetime]
    passed: int
    passed_last: datetime | None
    next_at: datetime


def due(cron: Cron, zone: ZoneInfo, first: datetime, now: datetime, catch_up: str, limit: int) -> Due:
    """Sort the times from `first` (itself one of them) up to `now`. `catch_up` is skip, once or each (at most `limit`)."""
    kept = {"skip": 0, "once": 1}.get(catch_up, max(1, min(limit, MAX_EACH)))
    missed: deque[datetime] = deque(maxlen=kept + 1)
    count, punctual = 0, []
    begin = first if now - first <= FAR_BACK else next_fire(cron, zone, now - FAR_BACK)
    moment = begin
    following = fires(cron, zone, begin)
    while moment <= now:
        if now - moment > ON_TIME:
            missed.append(moment)
            count += 1
        else:
            punctual.append(moment)
        moment = next(following)
    if catch_up == "once" and punctual:
        # The one that is on time stands for all that were missed.
        kept = 0
    caught = list(missed)[-kept:] if kept else []
    passed = count - len(caught)
    last = list(missed)[-len(caught) - 1] if passed else None
    return Due([*caught, *punctual], passed, last, moment)
