"""Cron expressions of five fields in a time zone: minute, hour, day of month, month, weekday.

A local time that a change of the clock leaves out fires at the next moment there is; one that comes twice fires the
first time only. When both days are given, either suffices, as in every cron.
"""

from __future__ import annotations

import calendar as months
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apps.workflows.engine.calendars import moment_of

SEARCHED_DAYS = 9 * 366
"""29 February may be eight years away."""

_MONTHS = {name: index for index, name in enumerate(months.month_abbr) if name}
_DAYS = {name: (index + 1) % 7 for index, name in enumerate(months.day_abbr)}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name.upper(): number for name, number in _MONTHS.items()}),
    ("weekday", 0, 7, {name.upper(): number for name, number in _DAYS.items()}),
)
_PART = re.compile(r"(\*|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:/(\d{1,4}))?")
_LONGEST = {month: 29 if month == 2 else months.monthrange(2001, month)[1] for month in range(1, 13)}
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 1",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


CATCH_UPS = ("skip", "once", "each")
"""What happens to times that passed while nobody could act: nothing, one run for all, a run for each."""


class CronError(ValueError):
    """A cron expression that cannot be; the words say why."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression. `minutes` are minutes of a day, in order; weekdays count from Sunday, 0."""

    text: str
    minutes: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Whether both kinds of day are restricted, so that either suffices."""

    def fires_on(self, day: date) -> bool:
        """Whether it fires on a local day at all."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week


@lru_cache(maxsize=512)
def parse_cron(text: str) -> Cron:
    """Read an expression such as `0 6 * * 1-5` or `@daily`. Raise CronError in words."""
    fields = _SHORTHANDS.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise CronError("it needs five fields: minute, hour, day of the month, month, weekday")
    minute, hour, day, month, weekday = (
        _values(written, *known) for written, known in zip(fields, _FIELDS, strict=True)
    )
    restricted = not fields[2].startswith("*"), not fields[4].startswith("*")
    if restricted == (True, False) and not any(d <= _LONGEST[m] for m in month for d in day):
        raise CronError("no month has such a day")
    return Cron(
        text=" ".join(text.split()),
        minutes=tuple(h * 60 + m for h in sorted(hour) for m in sorted(minute)),
        days=frozenset(day),
        months=frozenset(month),
        weekdays=frozenset(number % 7 for number in weekday),
        either_day=all(restricted),
    )


def next_fire(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time after a moment that the expression fires, in UTC. Raise CronError if there is none in nine years."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    for _ in range(SEARCHED_DAYS):
        if cron.fires_on(day):
            place = bisect_right(cron.minutes, after, key=lambda minute: moment_of(zone, day, minute))
            if place < len(cron.minutes):
                return moment_of(zone, day, cron.minutes[place])
        try:
            day += timedelta(days=1)
        except OverflowError:
            break
    raise CronError("it does not fire within nine years")


def fires(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """All times after a moment, one by one, without end."""
    while True:
        after = next_fire(cron, zone, after)
        yield after


def _values(written: str, what: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in written.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise CronError(f"'{part}' cannot be read as {what}")
        begin, end = _range(match[1], what, low, high, names)
        step = int(match[2] or 1)
        if step == 0:
            raise CronError(f"the step of '{part}' must be at least 1")
        if match[2] and "-" not in match[1] and match[1] != "*":
            end = high
        found.update(range(begin, end + 1, step))
    return found


def _range(text: str, what: str, low: int, high: int, names: dict[str, int]) -> tuple[int, int]:
    if text == "*":
        return low, high if what != "weekday" else 6
    begin, _, end = text.partition("-")
    first = _number(begin, what, low, high, names)
    last = _number(end, what, low, high, names) if end else first
    if what == "weekday" and end and last == 0:
        last = 7
    if last < first:
        raise CronError(f"'{text}' runs backwards")
    return first, last


def _number(text: str, what: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text.upper())
    if value is None:
        if not text.isdecimal() or len(text) > 4:
            raise CronError(f"'{text}' is no {what}")
        value = int(text)
    if not low <= value <= high:
        raise CronError(f"{value} is no {what}: it goes from {low} to {high}")
    return value
