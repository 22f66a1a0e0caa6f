"""When a notice leaves: quiet hours and daily mails in the person's own time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.messaging.choices import NoticeKind
from apps.messaging.ways import Wishes, after_quiet, kind_of, next_digest, way_for

NIGHT = Wishes("Europe/Berlin", time(20), time(7))
NOON = Wishes("Europe/Berlin", time(12), time(13))


def utc(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wishes", "made", "leaves"),
    [
        (NIGHT, utc(12, 15), utc(12, 15)),
        (NIGHT, utc(12, 19), utc(13, 6)),
        (NIGHT, utc(13, 3), utc(13, 6)),
        (NIGHT, utc(13, 6), utc(13, 6)),
        (NOON, utc(12, 11, 30), utc(12, 12)),
        (NOON, utc(12, 12), utc(12, 12)),
        # The clock is set forward on 29 March 2026: seven in the morning is five o'clock then.
        (NIGHT, utc(28, 22), utc(29, 5)),
        (Wishes("UTC", time(20), time(20)), utc(12, 21), utc(12, 21)),
        (Wishes("UTC"), utc(12, 21), utc(12, 21)),
    ],
)
def test_quiet_hours(wishes, made, leaves):
    assert after_quiet(wishes, made) == leaves


@given(
    st.integers(0, 3650 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.times(),
    st.times(),
)
def test_nothing_waits_longer_than_a_day_and_what_leaves_is_not_in_quiet_hours(made, begins, ends):
    begins, ends = begins.replace(microsecond=0), ends.replace(microsecond=0)
    wishes = Wishes("America/New_York", begins, ends)
    leaves = after_quiet(wishes, made)
    assert timedelta() <= leaves - made <= timedelta(hours=25)


def test_the_daily_mail_comes_at_its_hour_where_the_person_is():
    wishes = Wishes("Asia/Tokyo", digest_at=time(8))
    assert next_digest(wishes, utc(12, 15)) == utc(12, 23)
    assert next_digest(wishes, utc(12, 23)) == utc(13, 23)


def test_ways_by_kind():
    wishes = Wishes("UTC", ways={"asked": {"mail": "digest", "chat": True}, "stopped": {"mail": "never"}})
    asked = way_for(wishes, NoticeKind.ASKED, utc(12, 15))
    assert (asked.mail_at, asked.digest_at, asked.chat_at) == (None, utc(13, 8), utc(12, 15))
    stopped = way_for(wishes, NoticeKind.STOPPED, utc(12, 15))
    assert (stopped.mail_at, stopped.digest_at, stopped.chat_at) == (None, None, None)
    assert way_for(wishes, NoticeKind.OTHER, utc(12, 15)).mail_at == utc(12, 15)


def test_what_was_stored_and_is_not_known_counts_as_not_said():
    wishes = Wishes("UTC", ways={"asked": {"mail": "pigeon", "chat": "yes"}})
    assert way_for(wishes, NoticeKind.ASKED, utc(12, 15)).mail_at == utc(12, 15)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("approval-requested", NoticeKind.ASKED),
        ("approval-reminder", NoticeKind.REMINDED),
        ("approval-handed-over", NoticeKind.ASKED),
        ("exception-raised", NoticeKind.STOPPED),
        ("customer-welcome", NoticeKind.OTHER),
        ("template-review-requested", NoticeKind.REVIEWED),
        ("template-review-decided", NoticeKind.REVIEWED),
    ],
)
def test_kinds(key, kind):
    assert kind_of(key) is kind


def test_reviews_go_as_everything_else_until_something_is_said_of_them() -> None:
    before = Wishes(ways={"other": {"mail": "never", "chat": True}})
    assert (before.mail(NoticeKind.REVIEWED), before.chat(NoticeKind.REVIEWED)) == ("never", True)
    after = Wishes(ways={**before.ways, "reviewed": {"mail": "now"}})
    assert (after.mail(NoticeKind.REVIEWED), after.chat(NoticeKind.REVIEWED)) == ("now", False)
