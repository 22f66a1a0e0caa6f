"""Absences out of iCalendar texts: whole days and times in their zones; what repeats or is cancelled is left out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apps.workflows.engine.calendars import CalendarError
from apps.workflows.engine.ics import MAX_ABSENCES, MAX_TEXT, read_absences

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*entries: str) -> str:
    events = "\r\n".join(
        f"BEGIN:VEVENT\r\nUID:{at}\r\n{entry}\r\nEND:VEVENT" for at, entry in enumerate(entries)
    )
    return f"BEGIN:VCALENDAR\r\n{events}\r\nEND:VCALENDAR\r\n"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("entry", "begins", "ends"),
    [
        (
            "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270102",
            utc(2026, 12, 23, 23),
            utc(2027, 1, 1, 23),
        ),
        ("DTSTART;VALUE=DATE:20260701", utc(2026, 6, 30, 22), utc(2026, 7, 1, 22)),
        ("DTSTART:20261224T120000Z\r\nDTEND:20261224T170000Z", utc(2026, 12, 24, 12), utc(2026, 12, 24, 17)),
        ("DTSTART:20261224T120000\r\nDURATION:PT90M", utc(2026, 12, 24, 11), utc(2026, 12, 24, 12, 30)),
        (
            "DTSTART;TZID=America/New_York:20261224T120000\r\nDURATION:P1DT2H",
            utc(2026, 12, 24, 17),
            utc(2026, 12, 25, 19),
        ),
        (
            'DTSTART;TZID="Nowhere/Land":20261224T120000\r\nDURATION:P1W',
            utc(2026, 12, 24, 11),
            utc(2026, 12, 31, 11),
        ),
    ],
    ids=["days", "one day", "utc", "floating", "zone", "unknown zone"],
)
def test_times_are_read_in_their_zone(entry: str, begins: datetime, ends: datetime) -> None:
    (found,) = read_absences(calendar(f"{entry}\r\nSUMMARY:Away"), BERLIN)
    assert (found.begins, found.ends, found.title) == (begins, ends, "Away")


@pytest.mark.parametrize(
    "entry",
    [
        "DTSTART;VALUE=DATE:20261224\r\nRRULE:FREQ=WEEKLY",
        "DTSTART;VALUE=DATE:20261224\r\nSTATUS:CANCELLED",
        "DTSTART:20261224T120000Z",
        "DTSTART:20261224T120000Z\r\nDTEND:20261224T110000Z",
        "DTSTART;VALUE=DATE:20261399",
        "SUMMARY:No time at all",
    ],
    ids=["repeats", "cancelled", "no end", "ends before", "no day", "no time"],
)
def test_what_is_no_absence_is_left_out(entry: str) -> None:
    assert read_absences(calendar(entry), BERLIN) == []


def test_a_word_chooses_entries_and_out_of_office_always_counts() -> None:
    day = "DTSTART;VALUE=DATE:20261224\r\nSUMMARY:"
    text = calendar(
        f"{day}Team meeting", f"{day}Summer HOLIDAY", f"{day}Dentist\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"
    )
    assert [found.title for found in read_absences(text, BERLIN, "holiday")] == ["Summer HOLIDAY", "Dentist"]
    assert len(read_absences(text, BERLIN)) == 3


def test_the_same_entry_keeps_its_key() -> None:
    text = calendar("DTSTART;VALUE=DATE:20261224\r\nSUMMARY:a")
    assert (
        read_absences(text, BERLIN)[0].key
        == read_absences(text.replace("SUMMARY:a", "SUMMARY:b"), BERLIN)[0].key
    )


def test_what_is_no_calendar_is_refused() -> None:
    many = calendar(
        *[f"DTSTART;VALUE=DATE:20261224\r\nSUMMARY:{number}" for number in range(MAX_ABSENCES + 1)]
    )
    for text, words in (("<html>", "no iCalendar"), ("x" * (MAX_TEXT + 1), "larger"), (many, "more than")):
        with pytest.raises(CalendarError, match=words):
            read_absences(text, BERLIN)
