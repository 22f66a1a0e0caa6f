"""Reads of calendars: rows, their compiled form, and which one holds for a run, a customer or a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.workflows.calendar_subjects import customer_of, subject_label
from apps.workflows.engine.calendars import (
    BUSINESS,
    CONTINUOUS,
    CalendarError,
    Holiday,
    Span,
    WorkingCalendar,
    make_calendar,
    zone_of,
)
from apps.workflows.engine.definition import Definition
from apps.workflows.models import Calendar, CalendarAssignment
from tenants.configuration import remembered
from tenants.context import current_tenant

STANDARD_NAME = "Business hours"
STANDARD_HOURS = [[["09:00", "17:00"]]] * 5 + [[], []]
_KEPT = 1_000
_NO_RUN = UUID(int=0)
_Key = tuple[UUID, int, UUID | None, int]
_compiled: dict[_Key, WorkingCalendar] = {}


def list_calendars() -> QuerySet[Calendar]:
    """Return the calendars with what they extend and how many work by each, by name."""
    return (
        Calendar.objects.select_related("extends")
        .annotate(assigned=Count("assignments", distinct=True))
        .order_by("name", "id")
    )


def get_calendar(key: str) -> Calendar:
    """Return one calendar; raise NotFound."""
    found = list_calendars().filter(key=key).first()
    if found is None:
        raise NotFound("not_found", "There is no such calendar.")
    return found


def list_assignments() -> QuerySet[CalendarAssignment]:
    """Return who works by which calendar."""
    return CalendarAssignment.objects.select_related("calendar")


def assignment_lines() -> list[tuple[CalendarAssignment, str]]:
    """Return each assignment with the name of its subject."""
    return [(row, subject_label(row.subject) or row.subject) for row in list_assignments().order_by("id")]


def compiled(calendar: Calendar) -> WorkingCalendar:
    """Return the calendar ready to count with; made once for each version in a process."""
    base = calendar.extends
    key = (
        calendar.id,
        calendar.version,
        base.id if base else None,
        base.version if base else 0,
    )
    found = _compiled.get(key)
    if found is None:
        found = compile_calendar(
            key=calendar.key,
            zone=calendar.zone,
            hours=calendar.hours if calendar.hours is not None else (base.hours if base else None),
            holidays=[*(base.holidays if base else []), *calendar.holidays],
        )
        if len(_compiled) >= _KEPT:
            _compiled.clear()
        _compiled[key] = found
    return found


def compile_calendar(*, key: str, zone: str, hours: Any, holidays: list[dict[str, Any]]) -> WorkingCalendar:
    """Build a calendar of stored values. Raise CalendarError in words when they cannot be one."""
    return make_calendar(
        key=key,
        zone=zone,
        hours=[[_span(pair) for pair in spans] for spans in (hours or STANDARD_HOURS)],
        holidays=[
            Holiday(date.fromisoformat(item["date"]), item.get("name", ""), bool(item.get("yearly")))
            for item in holidays
        ],
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar: its openings as moments, and the name of the holiday, if it is one."""

    date: date
    openings: tuple[tuple[datetime, datetime], ...]
    holiday: str


def coming_days(calendar: Calendar, days: int) -> list[Day]:
    """Return the coming days of a calendar, today (by its own clock) first."""
    working = compiled(calendar)
    today = now().astimezone(working.zone).date()
    named = holiday_names(calendar)
    found = []
    for number in range(days):
        day = today + timedelta(days=number)
        holiday = named.get(day.isoformat()) or named.get(f"{day:%m-%d}") or ""
        found.append(Day(day, working.openings(day), holiday))
    return found


def holiday_names(calendar: Calendar) -> dict[str, str]:
    """Return the names of all holidays that hold, by date or, for yearly ones, by month and day (``12-25``)."""
    base = calendar.extends
    held = [*(base.holidays if base else []), *calendar.holidays]
    return {
        str(item["date"])[5:] if item.get("yearly") else str(item["date"]): item.get("name") or "Holiday"
        for item in held
    }


@dataclass(frozen=True, slots=True)
class Book:
    """All calendars of a tenant, ready to count with; ``is_assigned``: some customer works by one of his own."""

    by_key: Mapping[str, WorkingCalendar]
    default: WorkingCalendar | None
    is_assigned: bool


def book() -> Book:
    """Return the tenant's calendars; read once until one of them changes."""
    return remembered(("calendars",), _read_book)


def _read_book() -> Book:
    rows = list(Calendar.objects.select_related("extends"))
    by_key = {row.key: compiled(row) for row in rows}
    default = next((by_key[row.key] for row in rows if row.is_default), None)
    customers = CalendarAssignment.objects.filter(subject__startswith="customer/")
    return Book(by_key, default, customers.exists())


def default_calendar() -> WorkingCalendar:
    """Return the calendar that holds where nothing else does: the tenant's own, else nine to five in its zone."""
    return book().default or standard_calendar(current_tenant().timezone)


@lru_cache(maxsize=600)
def standard_calendar(zone: str) -> WorkingCalendar:
    """Return Monday to Friday, nine to five, in a zone."""
    return replace(BUSINESS, zone=_zone(zone), _days={})


@lru_cache(maxsize=600)
def continuous_calendar(zone: str) -> WorkingCalendar:
    """Return the calendar that is always open, in a zone."""
    return replace(CONTINUOUS, zone=_zone(zone), _days={})


class RunCalendars(Mapping[str, WorkingCalendar]):
    """The calendars a run counts in, read when first asked for.

    ``business`` is the customer's, else the one the template's SLA names, else the tenant's default; ``user/<id>`` is a
    person's own, in his zone.
    """

    def __init__(self, run_id: UUID, subject: str, preferred: str = "") -> None:
        self._run_id, self._subject, self._preferred = run_id, subject, preferred
        self._held: dict[str, WorkingCalendar | None] = {}

    def __getitem__(self, key: str) -> WorkingCalendar:
        if key not in self._held:
            self._held[key] = self._find(key)
        found = self._held[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(("business", "continuous"))

    def __len__(self) -> int:
        return 2

    def _find(self, key: str) -> WorkingCalendar | None:
        if key == "continuous":
            return continuous_calendar(current_tenant().timezone)
        if key == "business":
            return self._business()
        if key == "customer":
            return self._customers() or self["business"]
        if key.startswith("user/"):
            return assigned_calendar(key)
        return book().by_key.get(key)

    def _customers(self) -> WorkingCalendar | None:
        customer = customer_of(self._run_id, self._subject)
        return assigned_calendar(f"customer/{customer}") if customer else None

    def own(self) -> WorkingCalendar | None:
        """Return the calendar of the customer himself, where any customer has one."""
        return self._customers() if book().is_assigned else None

    def _default(self) -> WorkingCalendar:
        return default_calendar()

    def _business(self) -> WorkingCalendar:
        own = self.own()
        if own is not None:
            return own
        if self._preferred not in ("", "business", "continuous"):
            preferred = self._find(self._preferred)
            if preferred is not None:
                return preferred
        return self._default()


class TrialCalendars:
    """The calendars of runs that are only tried out: those a real run about the same subject counts in, each found once.

    ``run_id`` is the recorded run that is tried again, if it is one.
    """

    def __init__(self, run_id: UUID | None = None) -> None:
        self._run_id = run_id or _NO_RUN
        self._held: dict[tuple[str, str], RunCalendars] = {}

    def __call__(self, definition: Definition, subject: Any) -> RunCalendars:
        about = subject if isinstance(subject, str) and "\x00" not in subject else ""
        key = about, str(definition.sla.get("calendar") or "")
        if key not in self._held:
            self._held[key] = RunCalendars(self._run_id, *key)
        return self._held[key]


def assigned_calendar(subject: str) -> WorkingCalendar | None:
    """Return the calendar that ``customer/<id>`` or ``user/<id>`` works by, in its own zone; None if none was assigned."""
    found = remembered(("calendar_of", subject), lambda: (_read_assigned(subject),))
    return found[0]


def _read_assigned(subject: str) -> WorkingCalendar | None:
    row = (
        CalendarAssignment.objects.select_related("calendar", "calendar__extends")
        .filter(subject=subject)
        .first()
    )
    if row is None:
        return None
    found = compiled(row.calendar)
    return _in_zone(found, row.zone) if row.zone else found


@lru_cache(maxsize=1_000)
def _in_zone(calendar: WorkingCalendar, zone: str) -> WorkingCalendar:
    return replace(calendar, zone=_zone(zone), _days={})


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_of(name)
    except CalendarError:
        return zone_of("UTC")


def _span(pair: list[str]) -> Span:
    begin, end = (_minute(text) for text in pair)
    return begin, end


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
