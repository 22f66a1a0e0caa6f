"""Cursors of the inbox: pages that neither repeat nor leave out, in both directions."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inbox.exceptions import BadCursor
from apps.inbox.paging import Cursor, neighbours

START = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = st.builds(
    Cursor,
    st.sampled_from(["", "a", "b"]),
    st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
    st.uuids(),
)


def key(place):
    return place.group, place.moment, place.id


def read(rows, cursor, limit):
    """What the statement does: order, begin behind the cursor, cut one more than the page."""
    backwards = cursor is not None and cursor.backwards
    ordered = sorted(rows, key=key, reverse=backwards)
    if cursor is not None:
        ordered = [
            row for row in ordered if (key(row) < key(cursor) if backwards else key(row) > key(cursor))
        ]
    return ordered[: limit + 1]


@given(rows=st.lists(PLACES, unique_by=lambda place: place.id, max_size=30), limit=st.integers(1, 7))
def test_forwards_and_back_again(rows, limit):
    pages, cursor = [], None
    while True:
        page, following, _before = neighbours(read(rows, cursor, limit), limit=limit, asked=cursor)
        pages.append(list(page))
        if not following:
            break
        cursor = Cursor.decode(following)
    assert [row for page in pages for row in page] == sorted(rows, key=key)
    back = [pages[-1]]
    while len(back) < len(pages):
        first = back[-1][0]
        asked = Cursor(first.group, first.moment, first.id, backwards=True)
        page, following, before = neighbours(read(rows, asked, limit), limit=limit, asked=asked)
        assert following
        assert bool(before) == (len(back) + 1 < len(pages))
        back.append(list(page))
    assert [row for page in reversed(back) for row in page] == sorted(rows, key=key)


@given(place=PLACES, backwards=st.booleans())
def test_a_cursor_reads_back(place, backwards):
    cursor = Cursor(place.group, place.moment, place.id, backwards=backwards)
    assert Cursor.decode(cursor.encode()) == cursor


@pytest.mark.parametrize(
    "text", ["x", "ä", "e30", "W10", "WyIiLCJ4IiwieCIsMF0", "=", "null", "W1siYSJdLDEsMiwzXQ"]
)
def test_nonsense_is_no_cursor(text):
    with pytest.raises(BadCursor):
        Cursor.decode(text)


def test_no_cursor_is_the_first_page():
    assert Cursor.decode("") is None
    assert Cursor("", START, UUID(int=1)).backwards is False
