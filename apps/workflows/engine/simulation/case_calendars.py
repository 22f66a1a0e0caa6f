"""Calendars that test cases state themselves, so that they stay true when the workspace's holidays change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.workflows.engine.calendars import CalendarError, Holiday, Span, WorkingCalendar, make_calendar
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.offsets import STANDARD, Calendars
from apps.workflows.engine.reader import Reader

Stated = Mapping[str, WorkingCalendar]

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_WEEK: list[Any] = [[["09:00", "17:00"]]] * 5 + [[], []]
_HOURS = (
    "Write seven lists, Monday first, of openings such as ['09:00', '17:00']; [] for a day that is closed."
)
_DAY = "Write a date such as 2026-12-25, or {date: 2026-12-25, yearly: true}."


def read_calendars(reader: Reader | None) -> dict[str, WorkingCalendar]:
    """Read `{key: {zone, hours, holidays}}`; what is left out is UTC, Monday to Friday from nine to five, no holidays."""
    found: dict[str, WorkingCalendar] = {}
    for key in reader.data if reader is not None else ():
        inner = reader.inner(key) if reader is not None else None
        if inner is not None:
            calendar = _calendar(key, inner)
            if calendar is not None:
                found[key] = calendar
    return found


def stated_calendars(stated: Stated, definition: Definition) -> Calendars:
    """What a case that states calendars counts in: these, and none of the workspace's.

    `business` is the stated one, else the one the template's SLA names if it is stated, else nine to five in UTC.
    """
    preferred = stated.get(str(definition.sla.get("calendar") or ""))
    return {**STANDARD, **({"business": preferred} if preferred else {}), **stated}


def _calendar(key: str, reader: Reader) -> WorkingCalendar | None:
    before = len(reader.report.problems)
    zone = reader.text("zone", "UTC")
    hours = _hours(reader)
    holidays = [
        day for index, item in enumerate(reader.list("holidays")) if (day := _holiday(reader, index, item))
    ]
    reader.close()
    if key == "continuous":
        reader.report.add("calendar", "'continuous' is always open; it cannot be stated.", reader.path)
    if len(reader.report.problems) > before:
        return None
    try:
        return make_calendar(key=key, zone=zone, hours=hours, holidays=holidays)
    except CalendarError as error:
        reader.report.add("calendar", f"This cannot be a calendar: {error}.", reader.path)
        return None


def _hours(reader: Reader) -> list[list[Span]]:
    given = reader.value("hours")
    try:
        return [[_span(pair) for pair in spans] for spans in (_WEEK if given is None else given)]
    except (TypeError, ValueError):
        reader.problem("calendar", "These are no opening hours.", "hours", _HOURS)
        return []


def _span(pair: Any) -> Span:
    begin, end = (_minute(text) for text in pair)
    return begin, end


def _minute(text: Any) -> int:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError(text)
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _holiday(reader: Reader, index: int, item: Any) -> Holiday | None:
    day, yearly = (
        (item.get("date"), item.get("yearly", False)) if isinstance(item, Mapping) else (item, False)
    )
    known = not isinstance(item, Mapping) or set(item) <= {"date", "name", "yearly"}
    try:
        if known and isinstance(day, str) and isinstance(yearly, bool):
            return Holiday(date.fromisoformat(day), yearly=yearly)
    except ValueError:
        pass
    reader.report.add("calendar", "This is no holiday.", f"{reader.at('holidays')}[{index}]", _DAY)
    return None
