"""Working calendars: opening hours and holidays in one time zone, and time counted only while they are open.

An office is open from the first time its clock shows the start of an opening to the first time it shows the end. What a
change of the clock leaves out begins with the next moment there is; so days of 23 and 25 hours count what they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_OF_A_DAY = 24 * 60
MAX_HOLIDAYS = 1_000
SEARCHED_DAYS = 40 * 366
"""How far an opening is looked for. A calendar that is not closed for ever opens long before."""

_KEPT_DAYS = 20_000
Opening = tuple[datetime, datetime]
"""Begin and end of an opening, in UTC."""
Span = tuple[int, int]
"""An opening of a weekday in minutes since midnight by the clock; the end is at most 1440."""


class CalendarError(ValueError):
    """A calendar that cannot be; the words say why."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is closed: once, or every year on its month and day (29 February: in leap years)."""

    day: date
    name: str = ""
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Hours per weekday (Monday first), holidays, and the zone both are meant in. Make it with `make_calendar`."""

    key: str
    zone: ZoneInfo
    hours: tuple[tuple[Span, ...], ...]
    once: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    is_continuous: bool = False
    _days: dict[date, tuple[Opening, ...]] = field(default_factory=dict, compare=False, repr=False)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The openings of a day by the clock; none on a holiday."""
        if day in self.once or (day.month, day.day) in self.yearly:
            return ()
        return self.hours[day.weekday()]

    def openings(self, day: date) -> tuple[Opening, ...]:
        """The openings of a local day as moments, in order."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            made = (tuple(moment_of(self.zone, day, minute) for minute in span) for span in self.spans(day))
            found = self._days[day] = tuple((begin, end) for begin, end in made if begin < end)
        return found

    def day_length(self) -> timedelta:
        """An average working day: the hours of a week over its working days. What a day of a target counts as."""
        working = [spans for spans in self.hours if spans]
        minutes = sum(end - begin for spans in working for begin, end in spans)
        return timedelta(minutes=minutes / len(working))


def make_calendar(
    *,
    key: str,
    zone: str,
    hours: list[list[Span]],
    holidays: list[Holiday] | None = None,
) -> WorkingCalendar:
    """Check and build a calendar. Raise CalendarError for overlaps, a zone nobody knows, or one closed for ever."""
    held = holidays or []
    if len(hours) != 7:
        raise CalendarError("a week has seven days, Monday first")
    if len(held) > MAX_HOLIDAYS:
        raise CalendarError(f"more than {MAX_HOLIDAYS} holidays")
    week = tuple(_merged(spans) for spans in hours)
    yearly = frozenset((holiday.day.month, holiday.day.day) for holiday in held if holiday.yearly)
    if not any(week) or len(yearly - {(2, 29)}) >= 365:
        raise CalendarError("it would be closed for ever: give at least one day hours")
    once = frozenset(holiday.day for holiday in held if not holiday.yearly)
    return WorkingCalendar(key, zone_of(zone), week, once, yearly)


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name. Raise CalendarError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CalendarError(f"'{name}' is no time zone; write one such as Europe/Berlin") from None


def moment_of(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """When a clock in the zone first shows this minute of the day, in UTC; the next moment there is if it never does."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    low, high = 0, int((first - before).total_seconds())
    offset = first.astimezone(zone).utcoffset()
    while low < high:
        middle = (low + high) // 2
        at = before + timedelta(seconds=middle)
        if at.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle + 1
    return before + timedelta(seconds=low)


CONTINUOUS = WorkingCalendar(
    "continuous", ZoneInfo("UTC"), (((0, MINUTES_OF_A_DAY),),) * 7, is_continuous=True
)
"""Always open."""
BUSINESS = WorkingCalendar("business", ZoneInfo("UTC"), (((540, 1020),),) * 5 + ((), ()))
"""Monday to Friday, nine to five in UTC: where nothing else is known."""


def is_open(calendar: WorkingCalendar, at: datetime) -> bool:
    """Whether a moment lies in an opening (its end does not)."""
    begin = _next(calendar, at)[0]
    return begin <= at


def next_opening(calendar: WorkingCalendar, at: datetime) -> datetime:
    """The moment itself if it lies in an opening, else the begin of the next one."""
    return max(at, _next(calendar, at)[0])


def add_time(calendar: WorkingCalendar, at: datetime, duration: timedelta) -> datetime:
    """The moment by which the calendar was open for `duration` since `at`; before `at` if it is negative.

    Never outside an opening: nothing added gives the next opening, nothing taken away the last closing before.
    """
    if calendar.is_continuous:
        return at + duration
    if duration < timedelta():
        return _take_time(calendar, at, -duration)
    rest = duration
    for begin, end in _forward(calendar, at):
        start = max(begin, at)
        if start + rest <= end:
            return start + rest
        rest -= end - start
    raise CalendarError("it stays closed for more than forty years")


def subtract_time(calendar: WorkingCalendar, at: datetime, duration: timedelta) -> datetime:
    """The moment since which the calendar was open for `duration` up to `at`."""
    return at - duration if calendar.is_continuous else _take_time(calendar, at, duration)


def working_time(calendar: WorkingCalendar, begin: datetime, end: datetime) -> timedelta:
    """How long the calendar is open between two moments; negative when they are the wrong way round."""
    if end < begin:
        return -working_time(calendar, end, begin)
    if calendar.is_continuous:
        return end - begin
    total = timedelta()
    for opened, closed in _within(calendar, begin, end):
        total += closed - opened
    return total


def open_parts(calendar: WorkingCalendar, begin: datetime, end: datetime) -> list[Opening]:
    """The openings between two moments, cut at both."""
    if calendar.is_continuous:
        return [(begin, end)] if begin < end else []
    return list(_within(calendar, begin, end))


def add_days(calendar: WorkingCalendar, at: datetime, days: int, clock: time | None = None) -> datetime:
    """The n-th working day after (before, if negative) the day of `at`, at the same time of day or at `clock`.

    Without `clock` the time is moved into that day's hours. 0 days: the day itself, else the next working day.
    """
    local = at.astimezone(calendar.zone)
    wanted = clock or local.time()
    return day_moment(calendar, local.date(), days, since_midnight(wanted), exact=clock is not None)


def day_moment(calendar: WorkingCalendar, day: date, days: int, clock: timedelta, *, exact: bool) -> datetime:
    """The n-th working day from a day, at a time since midnight; `exact` leaves it where it is, also when closed."""
    found = _working_day(calendar, day, days)
    minute = clock // timedelta(minutes=1)
    at = moment_of(calendar.zone, found, minute) + clock % timedelta(minutes=1)
    if exact:
        return at
    openings = calendar.openings(found)
    for begin, end in openings:
        if at <= end:
            return max(begin, at)
    return openings[-1][1]


def since_midnight(clock: time) -> timedelta:
    """A time of day as what the clock has gone through since midnight."""
    return timedelta(
        hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond
    )


def _working_day(calendar: WorkingCalendar, day: date, days: int) -> date:
    step = timedelta(days=1 if days >= 0 else -1)
    left = abs(days)
    if left == 0:
        day, left = day - step, 1
    for _ in range(SEARCHED_DAYS):
        day = _shifted(day, step)
        if calendar.openings(day):
            left -= 1
            if left == 0:
                return day
    raise CalendarError("it stays closed for more than forty years")


def _take_time(calendar: WorkingCalendar, at: datetime, duration: timedelta) -> datetime:
    rest = duration
    day = _shifted(at.astimezone(calendar.zone).date(), timedelta(days=1))
    for _ in range(SEARCHED_DAYS):
        for begin, end in reversed(calendar.openings(day)):
            if begin >= at:
                continue
            stop = min(end, at)
            if stop - rest >= begin:
                return stop - rest
            rest -= stop - begin
        day = _shifted(day, timedelta(days=-1))
    raise CalendarError("it stays closed for more than forty years")


def _next(calendar: WorkingCalendar, at: datetime) -> Opening:
    """The opening a moment lies in, or the next one."""
    for opening in _forward(calendar, at):
        return opening
    raise CalendarError("it stays closed for more than forty years")


def _within(calendar: WorkingCalendar, begin: datetime, end: datetime) -> Iterator[Opening]:
    day = _shifted(begin.astimezone(calendar.zone).date(), timedelta(days=-1))
    last = end.astimezone(calendar.zone).date()
    while day <= last:
        for opened, closed in calendar.openings(day):
            start, stop = max(opened, begin), min(closed, end)
            if start < stop:
                yield start, stop
        day = _shifted(day, timedelta(days=1))


def _forward(calendar: WorkingCalendar, at: datetime) -> Iterator[Opening]:
    """Openings that end after a moment, in order."""
    day = _shifted(at.astimezone(calendar.zone).date(), timedelta(days=-1))
    for _ in range(SEARCHED_DAYS):
        for begin, end in calendar.openings(day):
            if end > at:
                yield begin, end
        day = _shifted(day, timedelta(days=1))


def _shifted(day: date, step: timedelta) -> date:
    try:
        return day + step
    except OverflowError:
        raise CalendarError("the calendar has no such day") from None


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """The openings of a weekday in order; those that touch become one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if not 0 <= begin < end <= MINUTES_OF_A_DAY:
            raise CalendarError("an opening begins before it ends, within one day")
        if merged and begin < merged[-1][1]:
            raise CalendarError("two openings of a day overlap")
        if merged and begin == merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return tuple(merged)
