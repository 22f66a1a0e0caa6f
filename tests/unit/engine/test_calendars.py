"""Working calendars: counted time is exact over changes of the clock, odd zones and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.workflows.engine.calendars import (
    CONTINUOUS,
    CalendarError,
    Holiday,
    Span,
    WorkingCalendar,
    add_days,
    add_time,
    is_open,
    make_calendar,
    moment_of,
    next_opening,
    open_parts,
    subtract_time,
    working_time,
)

NINE_TO_FIVE: list[list[Span]] = [[(540, 1020)]] * 5 + [[], []]
ALWAYS: list[list[Span]] = [[(0, 1440)]] * 7
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def office(zone: str, holidays: list[Holiday] | None = None) -> WorkingCalendar:
    return make_calendar(key="office", zone=zone, hours=NINE_TO_FIVE, holidays=holidays)


spans = st.lists(st.integers(0, 48), max_size=4, unique=True).map(
    lambda marks: [(a * 30, b * 30) for a, b in zip(sorted(marks)[::2], sorted(marks)[1::2], strict=False)]
)
weeks = st.lists(spans, min_size=7, max_size=7).filter(any)
days_off = st.lists(
    st.builds(
        Holiday,
        day=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        name=st.just("Day off"),
        yearly=st.booleans(),
    ),
    max_size=12,
)
calendars = st.builds(
    lambda zone, hours, holidays: make_calendar(key="any", zone=zone, hours=hours, holidays=holidays),
    st.sampled_from(ZONES),
    weeks,
    days_off,
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.integers(0, 120 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(calendars, moments, durations)
@settings(deadline=None, max_examples=150)
def test_what_is_added_lies_between(calendar: WorkingCalendar, begin: datetime, duration: timedelta) -> None:
    end = add_time(calendar, begin, duration)
    assert end >= begin
    assert working_time(calendar, begin, end) == duration
    before = subtract_time(calendar, begin, duration)
    assert before <= begin
    assert working_time(calendar, before, begin) == duration
    for moment in (end, before):
        local = moment.astimezone(calendar.zone).date()
        around = [one for shift in (-1, 0, 1) for one in calendar.openings(local + timedelta(days=shift))]
        assert any(opened <= moment <= closed for opened, closed in around)


@given(calendars, moments, durations, durations)
@settings(deadline=None, max_examples=80)
def test_working_time_adds_up(
    calendar: WorkingCalendar, begin: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = begin + first, begin + first + second
    whole = working_time(calendar, begin, end)
    assert whole == working_time(calendar, begin, middle) + working_time(calendar, middle, end)
    assert whole == sum((b - a for a, b in open_parts(calendar, begin, end)), timedelta())
    assert timedelta() <= whole <= end - begin
    assert working_time(calendar, end, begin) == -whole


@given(calendars, moments, st.integers(1, 15))
@settings(deadline=None, max_examples=80)
def test_working_days_are_days_with_openings(calendar: WorkingCalendar, begin: datetime, days: int) -> None:
    for sign in (1, -1):
        found = add_days(calendar, begin, sign * days).astimezone(calendar.zone).date()
        start = begin.astimezone(calendar.zone).date()
        low, high = sorted((start, found))
        between = [low + timedelta(days=n) for n in range((high - low).days + 1)]
        assert sum(bool(calendar.openings(day)) for day in between if day != start) in (days, days - 1)
        assert (found > start) if sign == 1 else (found <= start)


@given(calendars, moments)
@settings(deadline=None, max_examples=80)
def test_next_opening_is_open_and_nothing_is_before_it(calendar: WorkingCalendar, begin: datetime) -> None:
    opening = next_opening(calendar, begin)
    assert opening >= begin
    assert is_open(calendar, opening)
    assert working_time(calendar, begin, opening) == timedelta()
    assert is_open(calendar, begin) == (opening == begin)


def test_a_day_of_a_changed_clock_counts_what_it_holds() -> None:
    berlin = make_calendar(key="round", zone="Europe/Berlin", hours=ALWAYS)
    spring = working_time(
        berlin, at("Europe/Berlin", "2026-03-29T00:00"), at("Europe/Berlin", "2026-03-30T00:00")
    )
    autumn = working_time(
        berlin, at("Europe/Berlin", "2026-10-25T00:00"), at("Europe/Berlin", "2026-10-26T00:00")
    )
    assert (spring, autumn) == (timedelta(hours=23), timedelta(hours=25))
    assert add_time(berlin, at("Europe/Berlin", "2026-03-28T12:00"), timedelta(hours=24)) == at(
        "Europe/Berlin", "2026-03-29T13:00"
    )


def test_hours_inside_the_left_out_hour_begin_when_there_is_time_again() -> None:
    night = make_calendar(key="night", zone="Europe/Berlin", hours=[[(150, 240)]] * 7)
    opened, closed = night.openings(date(2026, 3, 29))[0]
    assert (opened, closed) == (
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 0, tzinfo=UTC),
    )
    short = make_calendar(key="short", zone="Europe/Berlin", hours=[[(130, 170)]] * 7)
    assert short.openings(date(2026, 3, 29)) == ()


def test_the_clock_that_goes_back_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    always = make_calendar(key="isle", zone="Australia/Lord_Howe", hours=ALWAYS)
    assert sum((b - a for a, b in always.openings(date(2026, 4, 5))), timedelta()) == timedelta(hours=24.5)
    assert moment_of(zone, date(2026, 10, 4), 135) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_half_hour_zone() -> None:
    kolkata = office("Asia/Kolkata")
    end = add_time(kolkata, at("Asia/Kolkata", "2026-07-03T16:00"), timedelta(hours=2))
    assert end == at("Asia/Kolkata", "2026-07-06T10:00") == datetime(2026, 7, 6, 4, 30, tzinfo=UTC)


def test_a_holiday_on_the_border_of_days_and_zones() -> None:
    holiday = Holiday(date(2026, 1, 1), "New Year", yearly=True)
    apia = office("Pacific/Apia", [holiday])
    eve = at("Pacific/Apia", "2025-12-31T16:30")
    assert add_time(apia, eve, timedelta(hours=1)) == at("Pacific/Apia", "2026-01-02T09:30")
    assert add_days(apia, eve, 1) == at("Pacific/Apia", "2026-01-02T16:30")
    assert is_open(apia, at("Pacific/Apia", "2025-12-31T16:59"))
    assert not is_open(apia, at("Pacific/Apia", "2025-12-31T17:00"))
    assert not is_open(apia, at("Pacific/Apia", "2027-01-01T12:00"))


def test_working_days_keep_the_time_of_day_inside_the_hours() -> None:
    berlin = office("Europe/Berlin", [Holiday(date(2026, 5, 1), "Labour Day")])
    thursday = at("Europe/Berlin", "2026-04-30T10:15")
    assert add_days(berlin, thursday, 1) == at("Europe/Berlin", "2026-05-04T10:15")
    assert add_days(berlin, at("Europe/Berlin", "2026-04-30T22:00"), 1) == at(
        "Europe/Berlin", "2026-05-04T17:00"
    )
    assert add_days(berlin, at("Europe/Berlin", "2026-05-02T07:00"), 0) == at(
        "Europe/Berlin", "2026-05-04T09:00"
    )
    assert add_days(berlin, thursday, 2, time(17, 30)) == at("Europe/Berlin", "2026-05-05T17:30")
    assert add_days(berlin, at("Europe/Berlin", "2026-05-04T10:00"), -1, time(9, 0)) == at(
        "Europe/Berlin", "2026-04-30T09:00"
    )
    over = add_days(berlin, at("Europe/Berlin", "2026-03-27T10:00"), 1)
    assert over == at("Europe/Berlin", "2026-03-30T10:00")


def test_an_apian_day_that_never_was_has_no_hours() -> None:
    apia = make_calendar(key="apia", zone="Pacific/Apia", hours=ALWAYS)
    assert apia.openings(date(2011, 12, 30)) == ()
    assert add_days(apia, at("Pacific/Apia", "2011-12-29T12:00"), 1) == at("Pacific/Apia", "2011-12-31T12:00")


def test_the_continuous_calendar_is_plain_time() -> None:
    begin = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert add_time(CONTINUOUS, begin, timedelta(days=2)) == begin + timedelta(days=2)
    assert working_time(CONTINUOUS, begin, begin + timedelta(days=2)) == timedelta(days=2)
    assert next_opening(CONTINUOUS, begin) == begin


@pytest.mark.parametrize(
    ("zone", "hours", "holidays", "words"),
    [
        ("Europe/Berlin", [[]] * 7, [], "closed for ever"),
        ("Mars/Base", NINE_TO_FIVE, [], "no time zone"),
        ("", NINE_TO_FIVE, [], "no time zone"),
        ("../etc", NINE_TO_FIVE, [], "no time zone"),
        ("UTC", [[(540, 700), (600, 720)]] * 7, [], "overlap"),
        ("UTC", [[(600, 600)]] * 7, [], "before it ends"),
        ("UTC", [[(600, 1441)]] * 7, [], "before it ends"),
        ("UTC", [[(540, 600)]] * 6, [], "seven days"),
        (
            "UTC",
            NINE_TO_FIVE,
            [Holiday(date(2024, 1, 1) + timedelta(days=n), yearly=True) for n in range(366)],
            "closed for ever",
        ),
        ("UTC", NINE_TO_FIVE, [Holiday(date(2024, 1, 1))] * 1001, "1000 holidays"),
    ],
)
def test_what_cannot_be_a_calendar_is_refused_in_words(
    zone: str, hours: list[list[Span]], holidays: list[Holiday], words: str
) -> None:
    with pytest.raises(CalendarError, match=words):
        make_calendar(key="bad", zone=zone, hours=hours, holidays=holidays)
