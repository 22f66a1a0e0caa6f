"""Calendars: write them, say who works by which, take holidays over from a file."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, unit_of_work
from apps.workflows.calendar_subjects import subject_label, subject_nouns
from apps.workflows.engine.calendars import CalendarError, Holiday, zone_of
from apps.workflows.engine.ics import read_holidays
from apps.workflows.engine.offsets import STANDARD
from apps.workflows.models import Calendar, CalendarAssignment
from apps.workflows.selectors.calendars import STANDARD_HOURS, STANDARD_NAME, compile_calendar
from apps.workflows.services.kinds import CALENDAR_CHANGED_KIND
from tenants.context import current_tenant

DEFAULT_KEY = "business-hours"
_WRITTEN = ("name", "zone", "hours", "holidays", "extends")


def save_calendar(
    *,
    key: str,
    name: str,
    zone: str,
    hours: list[list[list[str]]] | None,
    holidays: list[dict[str, Any]],
    actor: Actor,
    extends: str = "",
    expected_version: int | None = None,
) -> Calendar:
    """Make a calendar or change it; clocks that count by it are counted again.

    ``hours`` None takes over those of ``extends``. Raises Invalid with a pointer for what cannot be, Conflict
    (``stale_version``) when it changed since ``expected_version``.
    """
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        if key in STANDARD or key == "customer":
            raise _invalid("/key", f"'{key}' has a meaning of its own; choose another key.")
        held = Calendar.objects.select_for_update(of=("self",)).filter(key=key).first()
        if held is not None and expected_version not in (None, held.version):
            raise Conflict("stale_version", "Somebody has changed this calendar meanwhile. Look at it again.")
        base = _base(extends, key)
        if hours is None and base is None:
            raise _invalid("/hours", "Give hours, or a calendar to take them over from.")
        _check(key, zone, hours, holidays, base)
        row = held or Calendar(key=key)
        before = {field: getattr(row, field) for field in _WRITTEN} if held else {}
        row.name, row.zone, row.hours, row.holidays, row.extends = name, zone, hours, holidays, base
        row.version += 1 if held else 0
        row.is_default = row.is_default or not Calendar.objects.filter(is_default=True).exists()
        row.save()
        after = {field: getattr(row, field) for field in _WRITTEN}
        record(
            "calendar.change" if held else "calendar.create", row, before=_told(before), after=_told(after)
        )
        _count_again(row.id)
        return row


def create_calendar(*, key: str, actor: Actor, **values: Any) -> Calendar:
    """Make a calendar as ``save_calendar`` does; Conflict (``calendar_exists``) when there is one of the key."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        if Calendar.objects.filter(key=key).exists():
            raise Conflict("calendar_exists", f"There is a calendar '{key}' already.")
        return save_calendar(key=key, actor=actor, **values)


def make_default(*, key: str, actor: Actor) -> Calendar:
    """Let a calendar hold wherever no other does."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        row = _locked(key)
        if not row.is_default:
            former = Calendar.objects.filter(is_default=True).first()
            Calendar.objects.filter(is_default=True).update(is_default=False)
            row.is_default, row.version = True, row.version + 1
            row.save(update_fields=["is_default", "version"])
            was = {"default": former.key} if former else {}
            record("calendar.make_default", row, before=was, after={"default": key})
            _count_again(row.id)
        return row


def delete_calendar(*, key: str, actor: Actor) -> None:
    """Remove a calendar nobody works by. Raises NotFound and Conflict (``calendar_in_use``)."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        row = _locked(key)
        why = ""
        if row.is_default:
            why = "It is the default. Make another one the default first."
        elif row.assignments.exists():
            why = "Customers or people work by it. Assign them another one first."
        elif row.extensions.exists():
            why = "Another calendar extends it. Change that one first."
        if why:
            raise Conflict("calendar_in_use", why)
        record("calendar.delete", row, before={"key": row.key, "name": row.name})
        row.delete()


def assign_calendar(*, subject: str, key: str, actor: Actor, zone: str = "") -> CalendarAssignment:
    """Let ``customer/<id>`` or ``user/<id>`` work by a calendar, in a zone of its own if given. Raises Invalid."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        if subject_label(subject) is None:
            words = " or ".join(f"{noun}/<id>" for noun in subject_nouns())
            raise _invalid("/subject", f"There is no such thing to assign a calendar to; name {words}.")
        if zone:
            _check_zone(zone)
        calendar = Calendar.objects.filter(key=key).first()
        if calendar is None:
            raise _invalid("/calendar", f"There is no calendar '{key}'.")
        row = CalendarAssignment.objects.select_for_update().filter(subject=subject).first()
        before = {"calendar": row.calendar.key, "zone": row.zone} if row else {}
        row = row or CalendarAssignment(subject=subject)
        row.calendar, row.zone = calendar, zone
        row.version += 1 if before else 0
        row.save()
        record("calendar_assignment.set", row, before=before, after={"subject": subject, "calendar": key})
        _count_again(calendar.id)
        return row


def unassign_calendar(*, assignment_id: UUID, actor: Actor) -> None:
    """Let a customer or person work by the default again. Raises NotFound."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        row = CalendarAssignment.objects.select_for_update().filter(pk=assignment_id).first()
        if row is None:
            raise NotFound("not_found", "There is no such assignment.")
        record("calendar_assignment.remove", row, before={"subject": row.subject})
        calendar_id = row.calendar_id
        row.delete()
        _count_again(calendar_id)


def import_holidays(*, key: str, text: str, actor: Actor) -> Calendar:
    """Add the whole days of an iCalendar text to a calendar's holidays; days it has already stay as they are."""
    with unit_of_work(actor):
        policies.require(actor, "calendars:write")
        row = _locked(key)
        try:
            found = read_holidays(text)
        except CalendarError as error:
            raise _invalid("/text", f"No holidays can be read from this: {error}.") from error
        held = {(item["date"], bool(item.get("yearly"))) for item in row.holidays}
        new = [_holiday_json(day) for day in found if (day.day.isoformat(), day.yearly) not in held]
        return save_calendar(
            key=key,
            name=row.name,
            zone=row.zone,
            hours=row.hours,
            holidays=sorted([*row.holidays, *new], key=lambda item: str(item["date"])),
            extends=row.extends.key if row.extends else "",
            actor=actor,
        )


def seed_default_calendar() -> None:
    """Give a new tenant its calendar: nine to five in its own zone."""
    if not Calendar.objects.exists():
        Calendar.objects.create(
            key=DEFAULT_KEY,
            name=STANDARD_NAME,
            zone=current_tenant().timezone,
            hours=STANDARD_HOURS,
            is_default=True,
        )


def _locked(key: str) -> Calendar:
    row = Calendar.objects.select_for_update(of=("self",)).filter(key=key).first()
    if row is None:
        raise NotFound("not_found", "There is no such calendar.")
    return row


def _base(key: str, own: str) -> Calendar | None:
    if not key:
        return None
    base = Calendar.objects.filter(key=key).first()
    if base is None or key == own:
        raise _invalid("/extends", f"There is no other calendar '{key}'.")
    if base.extends_id is not None:
        raise _invalid("/extends", f"'{key}' extends another calendar itself; extend that one.")
    if Calendar.objects.filter(extends__key=own).exists():
        raise _invalid("/extends", "Another calendar extends this one, so it cannot extend a third.")
    return base


def _check(key: str, zone: str, hours: Any, holidays: list[dict[str, Any]], base: Calendar | None) -> None:
    _check_zone(zone)
    inherited = list(base.holidays) if base else []
    chosen = hours if hours is not None else (base.hours if base else None)
    try:
        compile_calendar(key=key, zone=zone, hours=chosen, holidays=[*inherited, *holidays])
    except CalendarError as error:
        raise _invalid("/hours", f"This cannot be a calendar: {error}.") from error


def _check_zone(zone: str) -> None:
    try:
        zone_of(zone)
    except CalendarError as error:
        raise _invalid("/zone", f"{error}.") from error


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(
        "invalid_calendar", "The calendar cannot be like this.", [Problem(pointer, message, "invalid")]
    )


def _holiday_json(holiday: Holiday) -> dict[str, Any]:
    return {"date": holiday.day.isoformat(), "name": holiday.name, "yearly": holiday.yearly}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit keeps of a calendar: its base by key."""
    base = values.get("extends")
    return values and {**values, "extends": base.key if base else ""}


def _count_again(calendar_id: UUID) -> None:
    enqueue(WorkItemSpec(CALENDAR_CHANGED_KIND, calendar_id, dedupe=f"calendar:{calendar_id}"))
