"""Working calendars: the list, one with its week and coming days, and who works by which."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.selectors import visible_users
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.core.ids import new_id
from apps.delivery.models import Customer
from apps.portal.time_forms import DAYS, CalendarForm, hours_text, zone_choices
from apps.portal.views.settings.base import SettingsPage
from apps.workflows.engine.calendars import is_open
from apps.workflows.models import Calendar
from apps.workflows.selectors.calendars import (
    STANDARD_HOURS,
    assignment_lines,
    coming_days,
    compiled,
    get_calendar,
    holiday_names,
    list_calendars,
)
from apps.workflows.services.calendars import (
    assign_calendar,
    create_calendar,
    delete_calendar,
    import_holidays,
    make_default,
    save_calendar,
    unassign_calendar,
)

_SUBJECTS_SHOWN = 500
_DAYS_SHOWN = 14
_MAX_FILE = 512 * 1024
_POINTERS = {"/key": "key", "/zone": "zone", "/extends": "extends", "/hours": "day0"}


class CalendarsPage(SettingsPage):
    """All calendars, and the customers and people with one of their own."""

    tab = "calendars"
    action = "calendars:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        here = reverse("portal:calendars")
        try:
            if self.sent("command") == "unassign":
                unassign_calendar(assignment_id=_number(self.sent("assignment")), actor=self.actor)
                return self.done(here, "They work by the default again.")
            assign_calendar(
                subject=self.sent("subject"),
                key=self.sent("calendar"),
                zone=self.sent("zone"),
                actor=self.actor,
            )
        except Invalid as error:
            return self._show(error.errors[0].message if error.errors else error.detail, 422)
        return self.done(here, "Assigned. Open clocks are counted again.")

    def _show(self, problem: str = "", status: int = 200) -> HttpResponse:
        calendars = list(list_calendars())
        at = now()
        may_write = self.may("calendars:write")
        values = {
            "lines": [(row, week_words(row), is_open(compiled(row), at)) for row in calendars],
            "assignments": assignment_lines(),
            "subjects": self._subjects() if may_write else [],
            "zones": zone_choices(),
            "calendars": calendars,
            "may_write": may_write,
            "problem": problem,
            "sent": self.request.POST,
        }
        return self.page("portal/settings/calendars.html", values, status=status)

    def _subjects(self) -> list[tuple[str, list[tuple[str, str]]]]:
        customers = Customer.objects.order_by("name").values_list("id", "name")[:_SUBJECTS_SHOWN]
        staff = visible_users(self.actor).filter(is_active=True, role_assignments__role__in=STAFF_ROLES)
        people = staff.distinct().order_by("name", "email")[:_SUBJECTS_SHOWN]
        return [
            ("Customers", [(f"customer/{number}", name) for number, name in customers]),
            ("People", [(f"user/{user.pk}", user.label) for user in people]),
        ]


class CalendarPage(SettingsPage):
    """One calendar: its week, its coming days, and the form that changes it. ``key`` empty makes a new one."""

    tab = "calendars"
    action = "calendars:read"

    def get(self, request: HttpRequest, key: str = "") -> HttpResponse:
        return self._show(key)

    def post(self, request: HttpRequest, key: str = "") -> HttpResponse:
        command = self.sent("command")
        here = reverse("portal:calendar", args=[key]) if key else reverse("portal:calendar_new")
        try:
            if key and command in ("default", "delete", "import"):
                return self._command(command, key, here)
            return self._save(key)
        except Conflict as error:
            return self.came_late(here, error)

    def _command(self, command: str, key: str, here: str) -> HttpResponse:
        if command == "default":
            make_default(key=key, actor=self.actor)
            return self.done(here, "It holds now wherever no other does.")
        if command == "delete":
            delete_calendar(key=key, actor=self.actor)
            return self.done(reverse("portal:calendars"), "Removed.")
        sent = self.request.FILES.get("file")
        if sent is None or (sent.size or 0) > _MAX_FILE:
            return self._show(key, problem="Choose an iCalendar file (.ics) of at most 512 KB.", status=422)
        text = sent.read().decode("utf-8", "replace").replace("\x00", "")
        try:
            row = import_holidays(key=key, text=text, actor=self.actor)
        except Invalid as error:
            return self._show(key, problem=error.errors[0].message, status=422)
        return self.done(here, f"The calendar has {len(row.holidays)} holidays now.")

    def _save(self, key: str) -> HttpResponse:
        calendar = get_calendar(key) if key else None
        form = CalendarForm(self.request.POST, calendar, list(list_calendars()))
        if not form.is_valid():
            return self._show(key, form=form, status=422)
        try:
            if calendar is None:
                row = create_calendar(key=form.cleaned_data["key"], **form.values(), actor=self.actor)
            else:
                seen = self.sent("version")
                expected = int(seen) if seen.isdecimal() and len(seen) < 9 else None
                row = save_calendar(key=key, **form.values(), actor=self.actor, expected_version=expected)
        except Invalid as error:
            form.refuse(error, _POINTERS)
            return self._show(key, form=form, status=422)
        return self.done(reverse("portal:calendar", args=[row.key]), "Saved. Open clocks are counted again.")

    def _show(
        self, key: str, *, form: CalendarForm | None = None, problem: str = "", status: int = 200
    ) -> HttpResponse:
        calendar = get_calendar(key) if key else None
        may_write = self.may("calendars:write")
        values: dict[str, Any] = {
            "calendar": calendar,
            "form": form or CalendarForm(None, calendar, list(list_calendars())),
            "may_write": may_write,
            "problem": problem,
            "action_url": reverse("portal:calendar", args=[key]) if key else reverse("portal:calendar_new"),
        }
        if calendar is not None:
            values |= {
                "week": week_lines(calendar),
                "days": coming_days(calendar, _DAYS_SHOWN),
                "holidays": sorted(holiday_names(calendar).items()),
                "is_open": is_open(compiled(calendar), now()),
                "zone": compiled(calendar).zone,
            }
        return self.page("portal/settings/calendar.html", values, status=status)


def week_lines(calendar: Calendar) -> list[tuple[str, str]]:
    """Each weekday with its hours as they are written; empty for closed."""
    base = calendar.extends
    hours = calendar.hours or (base.hours if base else None) or STANDARD_HOURS
    return [(day, hours_text(spans)) for day, spans in zip(DAYS, hours, strict=True)]


def week_words(calendar: Calendar) -> str:
    """A week in a few words: "Monday to Friday 09:00-17:00; Saturday 09:00-12:00"."""
    groups: list[list[str]] = []
    for day, hours in week_lines(calendar):
        if not hours:
            continue
        last = groups[-1] if groups else None
        if last and last[2] == hours and DAYS.index(last[1]) + 1 == DAYS.index(day):
            last[1] = day
        else:
            groups.append([day, day, hours])
    return "; ".join(f"{a if a == b else f'{a} to {b}'} {hours}" for a, b, hours in groups)


def _number(text: str) -> UUID:
    """The id that was sent; one of nothing where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return new_id()
