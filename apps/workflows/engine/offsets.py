"""Points in time relative to something: `{working_days: 3, from: step.docs, at: "17:00"}`, forward or backward.

`in` is time as it passes; with a calendar the result is moved into its opening. `working_hours` are hours in which the
calendar is open, `working_days` its n-th day with hours, at the same time of day (within that day's hours) or at `at`.
A date without a time stands for the end of that day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from apps.workflows.engine.calendars import (
    BUSINESS,
    CONTINUOUS,
    MINUTES_OF_A_DAY,
    WorkingCalendar,
    add_time,
    day_moment,
    moment_of,
    next_opening,
    since_midnight,
    subtract_time,
)
from apps.workflows.engine.durations import parse_duration

Calendars = Mapping[str, WorkingCalendar]
"""Working calendars by key. `business` is the one that holds for the run, `continuous` is always open."""

STANDARD: Calendars = MappingProxyType({"business": BUSINESS, "continuous": CONTINUOUS})
"""What a run is measured by where no workspace is at hand."""

FROM_NOW = "now"
FROM_START = "start"
FROM_END = "end"
KEYS = ("in", "working_days", "working_hours", "calendar", "from", "at", "before")
MAX_WORKING_DAYS = 2_000
MAX_WORKING_HOURS = 20_000
LATEST = 9_000
"""Last year of a date an offset counts from."""

_AMOUNTS = ("in", "working_days", "working_hours")
_STEP = re.compile(r"step\.[a-z][a-z0-9_]{0,59}")
_END = re.compile(r"end\((.+)\)", re.DOTALL)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
Complaint = tuple[str, str, str]
"""What is wrong with an offset: key, words, remedy."""


@dataclass(frozen=True, slots=True)
class Offset:
    """One offset. Exactly one of `elapsed`, `working_days`, `working_hours` is set.

    `anchor` is `now`, `start`, `step.<id>` (its end) or `end`, which is then the date `expression` gives.
    """

    elapsed: timedelta | None = None
    working_days: int | None = None
    working_hours: float | None = None
    calendar: str = ""
    anchor: str = FROM_NOW
    expression: str = ""
    at: time | None = None
    before: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the run must remember when its anchor was."""
        return self.anchor == FROM_START or self.anchor.startswith("step.")


def parse_offset(data: Mapping[str, Any]) -> tuple[Offset | None, list[Complaint]]:
    """Read an offset of a template; None with the reasons where it cannot be read."""
    found = [
        (key, f"'{key}' is not known here.", f"Use {', '.join(KEYS)}.") for key in data if key not in KEYS
    ]
    given = [key for key in _AMOUNTS if data.get(key) is not None]
    if len(given) != 1:
        remedy = "Write, for example, {working_days: 3} or {in: P2D}."
        return None, [
            *found,
            ("", "Exactly one of 'in', 'working_days' and 'working_hours' is needed.", remedy),
        ]
    found += [complaint for key in data if (complaint := _complaint(key, data[key]))]
    if given == ["working_hours"] and data.get("at") is not None:
        found.append(("at", "'at' goes with days, not with working hours.", "Remove 'at'."))
    return (None, found) if found else (_made(data), [])


def _complaint(key: str, value: Any) -> Complaint | None:
    if key == "in":
        try:
            parse_duration(value if isinstance(value, str) else "")
        except ValueError as error:
            return key, f"{error}.", "Write an ISO 8601 duration, for example P2D, PT4H or PT30S."
    if key == "working_days" and not _is_number(value, MAX_WORKING_DAYS, whole=True):
        return key, f"'{key}' must be a whole number from 0 to {MAX_WORKING_DAYS}.", ""
    if key == "working_hours" and not _is_number(value, MAX_WORKING_HOURS, whole=False):
        return key, f"'{key}' must be a number from 0 to {MAX_WORKING_HOURS}.", ""
    if key == "calendar" and not (isinstance(value, str) and value.strip()):
        return key, "'calendar' must be the key of a calendar.", "Write business, continuous or a key."
    if key == "from" and not (isinstance(value, str) and _is_anchor(value)):
        remedy = "Write start, step.<id> or end(<expression of a date>)."
        return key, f"Nothing can be counted from '{value}'.", remedy
    if key == "at" and not (isinstance(value, str) and _CLOCK.fullmatch(value)):
        return key, "'at' must be a time of day.", 'Write it with quotes, for example at: "17:00".'
    if key == "before" and not isinstance(value, bool):
        return key, "'before' must be true or false.", ""
    return None


def _is_number(value: Any, high: int, *, whole: bool) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and 0 <= value <= high


def _is_anchor(text: str) -> bool:
    return text in (FROM_NOW, FROM_START) or bool(_STEP.fullmatch(text) or _END.fullmatch(text))


def _made(data: Mapping[str, Any]) -> Offset:
    anchor = str(data.get("from") or FROM_NOW)
    end = _END.fullmatch(anchor)
    clock = _CLOCK.fullmatch(str(data.get("at") or ""))
    hours = data.get("working_hours")
    return Offset(
        elapsed=parse_duration(data["in"]) if data.get("in") is not None else None,
        working_days=data.get("working_days"),
        working_hours=None if hours is None else float(hours),
        calendar=str(data.get("calendar") or ""),
        anchor=FROM_END if end else anchor,
        expression=end[1].strip() if end else "",
        at=time(int(clock[1]), int(clock[2])) if clock else None,
        before=bool(data.get("before")),
    )


def calendar_named(calendars: Calendars, key: str) -> WorkingCalendar:
    """The calendar of this key. Raise ValueError in words when there is none."""
    try:
        return calendars[key]
    except KeyError:
        raise ValueError(f"there is no working calendar '{key}'") from None


def counted(offset: Offset, anchor: datetime | date, calendars: Calendars) -> datetime:
    """The moment an offset stands for, counted from its anchor. Raise ValueError in words."""
    if not 1_900 < anchor.year < LATEST:
        raise ValueError(f"{anchor.isoformat()} is too far away to count from")
    if offset.elapsed is not None:
        return _elapsed(offset, offset.elapsed, anchor, calendars)
    calendar = calendar_named(calendars, offset.calendar or "business")
    if offset.working_hours is not None:
        duration = timedelta(hours=offset.working_hours)
        moment = _moment(calendar, anchor)
        shift = subtract_time if offset.before else add_time
        return shift(calendar, moment, duration)
    day, clock = _day_and_clock(calendar, anchor)
    wanted = clock if offset.at is None else since_midnight(offset.at)
    days = offset.working_days or 0
    if offset.before:
        # None before: the day itself, else the working day before it.
        day, days = (day, -days) if days else (day + timedelta(days=1), -1)
    return day_moment(calendar, day, days, wanted, exact=offset.at is not None)


def _elapsed(offset: Offset, duration: timedelta, anchor: datetime | date, calendars: Calendars) -> datetime:
    calendar = calendar_named(calendars, offset.calendar or "business")
    moment = _moment(calendar, anchor) + (-duration if offset.before else duration)
    if offset.at is not None:
        local = moment.astimezone(calendar.zone).date()
        if not isinstance(anchor, datetime) and moment == _moment(calendar, local - timedelta(days=1)):
            local -= timedelta(days=1)
        return moment_of(calendar.zone, local, offset.at.hour * 60 + offset.at.minute)
    if not offset.calendar:
        return moment
    if offset.before:
        return subtract_time(calendar, moment, timedelta())
    return next_opening(calendar, moment)


def _moment(calendar: WorkingCalendar, anchor: datetime | date) -> datetime:
    if isinstance(anchor, datetime):
        return anchor
    return moment_of(calendar.zone, anchor, MINUTES_OF_A_DAY)


def _day_and_clock(calendar: WorkingCalendar, anchor: datetime | date) -> tuple[date, timedelta]:
    if not isinstance(anchor, datetime):
        return anchor, timedelta(days=1)
    local = anchor.astimezone(calendar.zone)
    return local.date(), since_midnight(local.time())
