"""Cron in a time zone: right days, and one fire for a time the clock leaves out or shows twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.workflows.engine.cron import CronError, fires, next_fire, parse_cron

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def times(text: str, after: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    found = islice(fires(parse_cron(text), zone, local(after, zone)), count)
    return [f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" for moment in found]


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 6 * * 1-5", "2026-11-20T06:00", ["2026-11-23T06:00", "2026-11-24T06:00"]),
        ("*/20 9-10 * * *", "2026-11-20T10:20", ["2026-11-20T10:40", "2026-11-21T09:00"]),
        ("30 8 1 JAN,jul *", "2026-02-01T00:00", ["2026-07-01T08:30", "2027-01-01T08:30"]),
        ("0 0 29 2 *", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 12 13 * FRI", "2026-11-12T13:00", ["2026-11-13T12:00", "2026-11-20T12:00"]),
        ("0 12 * * 7", "2026-11-20T00:00", ["2026-11-22T12:00", "2026-11-29T12:00"]),
        ("0 12 * * fri-sun", "2026-11-20T12:00", ["2026-11-21T12:00", "2026-11-22T12:00"]),
        ("5/25 0 * * *", "2026-11-20T00:00", ["2026-11-20T00:05", "2026-11-20T00:30"]),
        ("@monthly", "2026-11-20T00:00", ["2026-12-01T00:00", "2027-01-01T00:00"]),
        ("0 0 31 * *", "2026-08-31T00:00", ["2026-10-31T00:00", "2026-12-31T00:00"]),
    ],
)
def test_next_times(text: str, after: str, expected: list[str]) -> None:
    assert times(text, after, 2) == expected


def test_a_time_that_does_not_exist_fires_once_at_the_next_moment_there_is() -> None:
    assert times("30 2 * * *", "2026-03-28T12:00", 2) == ["2026-03-29T03:00", "2026-03-30T02:30"]
    assert times("*/30 * * * *", "2026-03-29T01:00", 3) == [
        "2026-03-29T01:30",
        "2026-03-29T03:00",
        "2026-03-29T03:30",
    ]


def test_a_time_that_comes_twice_fires_the_first_time_only() -> None:
    found = list(islice(fires(parse_cron("30 2 * * *"), BERLIN, local("2026-10-24T12:00")), 2))
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 6 * *", "five fields"),
        ("", "five fields"),
        ("60 6 * * *", "60 is no minute"),
        ("0 6 0 * *", "0 is no day"),
        ("0 6 * FOO *", "'FOO' is no month"),
        ("0 6 * * 8", "8 is no weekday"),
        ("0 6-5 * * *", "runs backwards"),
        ("*/0 * * * *", "at least 1"),
        ("0 0 30 2 *", "no month has such a day"),
        ("0 0 L * *", "'L' is no day"),
        ("0,,1 0 * * *", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(CronError, match=words):
        parse_cron(text)


field = st.one_of(st.just("*"), st.integers(0, 23).map(str), st.sampled_from(["*/7", "1-3", "2,5,8"]))
expressions = st.builds(
    "{} {} {} {} {}".format,
    field,
    field,
    st.sampled_from(["*", "*/5", "1", "13", "31"]),
    st.sampled_from(["*", "3", "10", "3,10"]),
    st.sampled_from(["*", "1-5", "0", "SUN", "*/2"]),
)
zones = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC"])


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(expressions, zones, moments)
@settings(deadline=None, max_examples=100)
def test_fires_are_later_and_at_a_time_that_was_asked_for(text: str, name: str, after: datetime) -> None:
    try:
        cron = parse_cron(text)
    except CronError:
        return
    zone = ZoneInfo(name)
    first = next_fire(cron, zone, after)
    assert after < first <= next_fire(cron, zone, first)
    shown = first.astimezone(zone)
    gap = (first - timedelta(minutes=1)).astimezone(zone).utcoffset() != shown.utcoffset()
    assert gap or (shown.hour * 60 + shown.minute in cron.minutes and cron.fires_on(shown.date()))
    assert not any(
        after < moment < first
        for moment in (first - timedelta(minutes=n) for n in range(1, 180))
        if (wall := moment.astimezone(zone)).fold == 0
        and wall.hour * 60 + wall.minute in cron.minutes
        and cron.fires_on(wall.date())
        and moment.second == 0
    )
