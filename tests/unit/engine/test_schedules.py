"""Times of a schedule that have come: on time, missed, and caught up as the policy says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.workflows.engine.cron import parse_cron
from apps.workflows.engine.schedules import due

HOURLY, DAILY = parse_cron("0 * * * *"), parse_cron("30 2 * * *")
ZONE = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def hours(found: list[datetime]) -> list[int]:
    return [moment.hour for moment in found]


@pytest.mark.parametrize("catch_up", ["skip", "once", "each"])
def test_what_is_on_time_starts_whatever_the_policy(catch_up: str) -> None:
    found = due(HOURLY, ZONE, FIRST, FIRST + timedelta(seconds=2), catch_up, 10)
    assert (found.start, found.passed, found.next_at) == ([FIRST], 0, FIRST + timedelta(hours=1))


@pytest.mark.parametrize(
    ("catch_up", "limit", "started", "passed"),
    [
        ("skip", 10, [], 5),
        ("once", 10, [10], 4),
        ("each", 10, [6, 7, 8, 9, 10], 0),
        ("each", 2, [9, 10], 3),
    ],
)
def test_missed_times_follow_the_policy(catch_up: str, limit: int, started: list[int], passed: int) -> None:
    now = FIRST + timedelta(hours=4, minutes=40)
    found = due(HOURLY, ZONE, FIRST, now, catch_up, limit)
    assert (hours(found.start), found.passed) == (started, passed)
    assert found.next_at == FIRST + timedelta(hours=5)


def test_one_on_time_stands_for_the_missed() -> None:
    found = due(HOURLY, ZONE, FIRST, FIRST + timedelta(hours=3), "once", 10)
    assert (hours(found.start), found.passed, found.passed_last) == ([9], 3, FIRST + timedelta(hours=2))


def test_a_day_without_workers_over_a_change_of_the_clock_doubles_nothing() -> None:
    first = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    found = due(DAILY, ZONE, first, datetime(2026, 3, 30, 0, 31, tzinfo=UTC), "each", 10)
    assert found.start == [
        datetime(2026, 3, 28, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]
    autumn = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)
    found = due(DAILY, ZONE, autumn, datetime(2026, 10, 26, 12, 0, tzinfo=UTC), "each", 10)
    assert [moment.isoformat()[:16] for moment in found.start] == [
        "2026-10-24T00:30",
        "2026-10-25T00:30",
        "2026-10-26T01:30",
    ]


def test_a_year_without_workers_is_bounded() -> None:
    found = due(parse_cron("* * * * *"), ZONE, FIRST, FIRST + timedelta(days=365), "each", 3)
    assert len(found.start) == 3 + 16  # three caught up, and those of the last fifteen minutes
    assert found.passed <= 31 * 24 * 60
