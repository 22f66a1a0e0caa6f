"""Moments and lengths of time, said as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.wording import Wording, relative, span_in_words

NOW = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=5, minutes=59), "5 h"),
        (timedelta(days=2, hours=4), "2 d 4 h"),
        (timedelta(days=9, hours=4), "9 d"),
    ],
)
def test_spans(span: timedelta, words: str) -> None:
    assert span_in_words(span) == words


@pytest.mark.parametrize(
    ("moment", "wording", "words"),
    [
        (NOW - timedelta(hours=5), "ago", "5 h ago"),
        (NOW, "ago", "just now"),
        (NOW + timedelta(hours=5), "ago", "in 5 h"),
        (NOW + timedelta(hours=5), "due", "due in 5 h"),
        (NOW - timedelta(days=4), "due", "overdue by 4 d"),
        (NOW - timedelta(days=4), "wait", "4 d"),
    ],
)
def test_moments(moment: datetime, wording: Wording, words: str) -> None:
    assert relative(moment, NOW, wording) == words
