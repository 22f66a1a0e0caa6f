"""The calendars of one moment: what a kept simulation counts in, whatever becomes of the calendars later."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from apps.workflows.engine.calendars import WorkingCalendar, zone_of
from apps.workflows.engine.definition import Definition
from apps.workflows.models import CalendarAssignment
from apps.workflows.selectors.calendars import (
    RunCalendars,
    TrialCalendars,
    book,
    continuous_calendar,
    default_calendar,
)
from tenants.context import current_tenant

Json = dict[str, Any]
_NO_RUN = UUID(int=0)


def calendars_today(subject: str) -> Json:
    """Return all a run about the subject may count in as it is now, as JSON for ``kept_calendars``.

    ``{zone, default, calendars, customer, people}``: the calendars by key, the customer's own (or None), and by
    ``user/<id>`` the key and the zone of those who work by one of their own.
    """
    held, own = book(), RunCalendars(_NO_RUN, subject).own()
    people = CalendarAssignment.objects.select_related("calendar").filter(subject__startswith="user/")
    rows = people.order_by("subject").values_list("subject", "calendar__key", "zone")
    return {
        "zone": current_tenant().timezone,
        "default": _packed(default_calendar()),
        "calendars": {key: _packed(held.by_key[key]) for key in sorted(held.by_key)},
        "customer": _packed(own) if own else None,
        "people": {subject: [key, zone] for subject, key, zone in rows},
    }


class KeptCalendars:
    """The calendars that ``calendars_today`` wrote down, for every run of a simulation."""

    def __init__(self, kept: Json) -> None:
        self.zone = str(kept["zone"])
        self.default = _unpacked("business", kept["default"])
        self.by_key = {key: _unpacked(key, data) for key, data in kept["calendars"].items()}
        self.customer = _unpacked("customer", kept["customer"]) if kept["customer"] else None
        self._people = kept["people"]

    def __call__(self, definition: Definition, _subject: Any) -> Mapping[str, WorkingCalendar]:
        return _Kept(self, str(definition.sla.get("calendar") or ""))

    def stated(self, definition: Definition) -> Json:
        """Return them as a test case states them, ``business`` as it holds for a run of the definition."""
        found = {"business": self(definition, None)["business"], **self.by_key}
        if self.customer is not None:
            found["customer"] = self.customer
        own = {subject: self.of_person(subject) for subject in self._people}
        found |= {subject: calendar for subject, calendar in own.items() if calendar is not None}
        return {key: _stated(calendar) for key, calendar in found.items()}

    def of_person(self, subject: str) -> WorkingCalendar | None:
        """Return the calendar of ``user/<id>``, in his own zone; None if none was assigned."""
        key, zone = self._people.get(subject, ("", ""))
        found = self.by_key.get(key)
        return _unpacked(key, {**_packed(found), "zone": zone}) if found and zone else found


class _Kept(RunCalendars):
    """What one run of the simulation counts in; ``business`` and ``customer`` are found as for a real run."""

    def __init__(self, kept: KeptCalendars, preferred: str) -> None:
        super().__init__(_NO_RUN, "", preferred)
        self._kept = kept

    def own(self) -> WorkingCalendar | None:
        return self._kept.customer

    def _find(self, key: str) -> WorkingCalendar | None:
        if key == "continuous":
            return continuous_calendar(self._kept.zone)
        if key.startswith("user/"):
            return self._kept.of_person(key)
        if key in ("business", "customer"):
            return super()._find(key)
        return self._kept.by_key.get(key)

    def _customers(self) -> WorkingCalendar | None:
        return self._kept.customer

    def _default(self) -> WorkingCalendar:
        return self._kept.default


def calendars_of_simulation(kept: Json) -> KeptCalendars | TrialCalendars:
    """Return what a simulation counts in; one from before they were kept counts in those of today."""
    return KeptCalendars(kept) if kept else TrialCalendars()


def _stated(calendar: WorkingCalendar) -> Json:
    # The year says nothing where a day returns every year; this one has all days.
    yearly = [{"date": date(2000, *day).isoformat(), "yearly": True} for day in sorted(calendar.yearly)]
    return {
        "zone": calendar.zone.key,
        "hours": [[[_clock(minute) for minute in span] for span in spans] for spans in calendar.hours],
        "holidays": [*sorted(day.isoformat() for day in calendar.once), *yearly],
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _packed(calendar: WorkingCalendar) -> Json:
    return {
        "zone": calendar.zone.key,
        "hours": [[list(span) for span in spans] for spans in calendar.hours],
        "once": sorted(day.isoformat() for day in calendar.once),
        "yearly": [list(day) for day in sorted(calendar.yearly)],
    }


def _unpacked(key: str, data: Json) -> WorkingCalendar:
    return WorkingCalendar(
        key,
        zone_of(data["zone"]),
        tuple(tuple((begin, end) for begin, end in spans) for spans in data["hours"]),
        frozenset(date.fromisoformat(day) for day in data["once"]),
        frozenset((month, day) for month, day in data["yearly"]),
    )
