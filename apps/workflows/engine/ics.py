"""Reads holidays out of an iCalendar text (RFC 5545): whole days, once or every year. Everything else is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from apps.workflows.engine.calendars import MAX_HOLIDAYS, CalendarError, Holiday

MAX_TEXT = 512 * 1024
MAX_DAYS = 31
"""Longest holiday of one entry."""

_DATE = re.compile(r"\d{8}")
_ESCAPED = re.compile(r"\\([\\;,nN])")


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


def _holidays(event: dict[str, str]) -> Iterator[Holiday]:
    first = _day(event.get("DTSTART", ""))
    if first is None:
        return
    last = _day(event.get("DTEND", "")) or first + timedelta(days=1)
    name = _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], event.get("SUMMARY", ""))
    yearly = "FREQ=YEARLY" in event.get("RRULE", "").upper()
    for number in range(min(max((last - first).days, 1), MAX_DAYS)):
        yield Holiday(first + timedelta(days=number), name.strip()[:120], yearly)


def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
