"""Reads an iCalendar text (RFC 5545): holidays (whole days, once or every year), and the times somebody is away.

Entries that repeat, other than holidays every year, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.workflows.engine.calendars import MAX_HOLIDAYS, CalendarError, Holiday, moment_of, zone_of

MAX_TEXT = 512 * 1024
MAX_DAYS = 31
"""Longest holiday of one entry."""

MAX_ABSENCES = 500
_DATE = re.compile(r"\d{8}")
_MOMENT = re.compile(r"(\d{8})T([01]\d|2[0-3])([0-5]\d)[0-6]\d(Z?)")
_LENGTH = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d+S)?)?")
_ZONE = re.compile(r";TZID=\"?([^\";:]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which somebody is away. ``key`` is the same whenever the same entry is read again."""

    key: str
    begins: datetime
    ends: datetime
    title: str


def read_absences(text: str, zone: ZoneInfo, keyword: str = "") -> list[Absence]:
    """The entries of the text as absences, days and times without a zone being meant in ``zone``.

    With a keyword only entries whose title holds it count, and those marked as out of office. Cancelled ones do not.
    Raise CalendarError when it is no calendar or holds too many.
    """
    if len(text) > MAX_TEXT:
        raise CalendarError(f"the file is larger than {MAX_TEXT // 1024} KB")
    if "BEGIN:VCALENDAR" not in text.upper():
        raise CalendarError("it is no iCalendar text")
    found = [absence for event in _events(text) if (absence := _absence(event, zone, keyword)) is not None]
    if len(found) > MAX_ABSENCES:
        raise CalendarError(f"it holds more than {MAX_ABSENCES} entries")
    return list({absence.key: absence for absence in found}.values())


def read_holidays(text: str) -> list[Holiday]:
    """The whole-day entries of the text. Raise CalendarError when there are none, or too many."""
    if len(text) > MAX_TEXT:
        raise CalendarError(f"the file is larger than {MAX_TEXT // 1024} KB")
    found = list(dict.fromkeys(holiday for event in _events(text) for holiday in _holidays(event)))
    if not found:
        raise CalendarError("it holds no whole-day entry (VEVENT with DTSTART;VALUE=DATE)")
    if len(found) > MAX_HOLIDAYS:
        raise CalendarError(f"it holds more than {MAX_HOLIDAYS} days")
    return found


def _events(text: str) -> Iterator[dict[str, str]]:
    event: dict[str, str] | None = None
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for line in unfolded.splitlines():
        name, _, value = line.partition(":")
        word = name.partition(";")[0].strip().upper()
        if word == "BEGIN" and value.strip().upper() == "VEVENT":
            event = {}
        elif word == "END" and value.strip().upper() == "VEVENT" and event is not None:
            yield event
            event = None
        elif event is not None:
            event.setdefault(word, value.strip())
            zone = _ZONE.search(name)
            if zone is not None:
                event.setdefault(f"{word} ZONE", zone[1])


def _holidays(event: dict[str, str]) -> Iterator[Holiday]:
    first = _day(event.get("DTSTART", ""))
    if first is None:
        return
    last = _day(event.get("DTEND", "")) or first + timedelta(days=1)
    name = _title(event)
    yearly = "FREQ=YEARLY" in event.get("RRULE", "").upper()
    for number in range(min(max((last - first).days, 1), MAX_DAYS)):
        yield Holiday(first + timedelta(days=number), name, yearly)


def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _title(event: dict[str, str]) -> str:
    text = _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], event.get("SUMMARY", ""))
    return text.strip()[:120]


def _absence(event: dict[str, str], zone: ZoneInfo, keyword: str) -> Absence | None:
    title = _title(event)
    away = event.get("X-MICROSOFT-CDO-BUSYSTATUS", "").upper() == "OOF"
    wanted = away or not keyword or keyword.casefold() in title.casefold()
    if not wanted or "RRULE" in event or event.get("STATUS", "").upper() == "CANCELLED":
        return None
    begins = _at(event, "DTSTART", zone)
    ends = _at(event, "DTEND", zone) or _lasting(event, begins)
    if begins is None or ends is None or ends <= begins:
        return None
    return Absence(f"{event.get('UID', '')[:300]} {begins:%Y%m%dT%H%MZ}", begins, ends, title)


def _at(event: dict[str, str], word: str, zone: ZoneInfo) -> datetime | None:
    text = event.get(word, "")
    day = _day(text)
    if day is not None:
        return moment_of(zone, day, 0)
    found = _MOMENT.fullmatch(text)
    day = _day(found[1]) if found else None
    if found is None or day is None:
        return None
    here = ZoneInfo("UTC") if found[4] else _known_zone(event.get(f"{word} ZONE", ""), zone)
    return moment_of(here, day, int(found[2]) * 60 + int(found[3])).astimezone(UTC)


def _lasting(event: dict[str, str], begins: datetime | None) -> datetime | None:
    """The end of an entry without one: what its duration gives, else the end of its day."""
    if begins is None:
        return None
    found = _LENGTH.fullmatch(event.get("DURATION", ""))
    if found is not None and any(found.groups()):
        weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
        return begins + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    return begins + timedelta(days=1) if _day(event.get("DTSTART", "")) is not None else None


def _known_zone(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    try:
        return zone_of(name) if name else otherwise
    except CalendarError:
        return otherwise
