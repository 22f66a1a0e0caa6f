"""Forms of calendars and schedules: hours and holidays as people write them."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms

from apps.core.errors import DomainError
from apps.workflows.choices import CatchUp
from apps.workflows.engine.calendars import MAX_HOLIDAYS
from apps.workflows.engine.schedules import MAX_EACH
from apps.workflows.models import Calendar, Schedule
from tenants.context import current_tenant

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*(([01]?\d|2[0-3]):([0-5]\d)|24:00)")
_ONCE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s+(.*))?")
_YEARLY = re.compile(r"every\s+(\d{2}-\d{2})(?:\s+(.*))?", re.IGNORECASE)
_LEAP_YEAR = 2024
_FIELDS = {"/cron": "cron", "/zone": "zone", "/template": "template", "/catch_up_limit": "catch_up_limit"}


def zone_choices() -> list[tuple[str, str]]:
    """All zones that are places, and UTC."""
    places = (zone for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/"))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


class TimeForm(forms.Form):
    """A form that shows what a service refuses beside the field concerned."""

    def refuse(self, error: DomainError, fields: Mapping[str, str]) -> None:
        for problem in error.errors:
            name = fields.get(problem.pointer)
            self.add_error(name if name in self.fields else None, problem.message)
        if not error.errors:
            self.add_error(None, error.detail)


class CalendarForm(TimeForm):
    """A calendar: a week of hours, one line a day, and holidays, one line each."""

    name = forms.CharField(max_length=120, label="Name", error_messages={"required": "Give it a name."})
    key = forms.RegexField(
        r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=60,
        label="Key",
        help_text="What templates call it. Small letters, digits and hyphens; it stays.",
        error_messages={
            "required": "Give it a key.",
            "invalid": "Use small letters, digits and single hyphens, such as office-berlin.",
        },
    )
    zone = forms.ChoiceField(label="Time zone", choices=zone_choices)
    extends = forms.ChoiceField(
        label="Takes over the holidays of", required=False, help_text="Another calendar, or none."
    )
    holidays = forms.CharField(
        label="Holidays",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One a line: “2026-12-24 Christmas Eve”, or “every 12-25 Christmas” for each year.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, calendar: Calendar | None, others: list[Calendar]
    ) -> None:
        super().__init__(data, initial=_calendar_initial(calendar))
        for number, day in enumerate(DAYS):
            self.fields[f"day{number}"] = forms.CharField(
                label=day,
                required=False,
                max_length=200,
                widget=forms.TextInput(attrs={"placeholder": "closed"}),
            )
        self.fields["day0"].help_text = "Like “09:00-12:30, 13:30-17:00”; empty is closed."
        extendable = [row for row in others if row.extends_id is None and row != calendar]
        self.fields["extends"].choices = [  # type: ignore[attr-defined]
            ("", "No other calendar"),
            *((row.key, row.name) for row in extendable),
        ]
        if calendar is not None:
            del self.fields["key"]
        order = ["name", "key", "zone", *(f"day{number}" for number in range(7)), "extends", "holidays"]
        self.order_fields(order)

    def clean(self) -> dict[str, Any]:
        for number in range(7):
            self._clean_day(f"day{number}")
        self.cleaned_data["holidays"] = self._holidays(str(self.cleaned_data.get("holidays") or ""))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        held = self.cleaned_data
        return {
            "name": held["name"],
            "zone": held["zone"],
            "hours": [held[f"day{number}"] for number in range(7)],
            "holidays": held["holidays"],
            "extends": held["extends"],
        }

    def _clean_day(self, name: str) -> None:
        text = str(self.cleaned_data.get(name) or "").strip()
        spans = []
        for part in text.split(",") if text else []:
            found = _SPAN.fullmatch(part.strip())
            if found is None:
                self.add_error(name, f"“{part.strip()}” is no opening. Write it like 09:00-17:00.")
                return
            spans.append([f"{int(found[1]):02}:{found[2]}", _end(found)])
        self.cleaned_data[name] = spans

    def _holidays(self, text: str) -> list[dict[str, Any]]:
        days: list[dict[str, Any]] = []
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        for number, line in lines:
            if not line:
                continue
            day = _holiday(line)
            if day is None:
                self.add_error("holidays", f"Line {number} is no day: “{line[:60]}”.")
                return []
            days.append(day)
        if len(days) > MAX_HOLIDAYS:
            self.add_error("holidays", f"At most {MAX_HOLIDAYS} days.")
        return days


class ScheduleForm(TimeForm):
    """When which template is started, with what."""

    name = forms.CharField(max_length=160, label="Name", error_messages={"required": "Give it a name."})
    key = forms.RegexField(
        r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=80,
        label="Key",
        help_text="Small letters, digits and hyphens; it stays.",
        error_messages={
            "required": "Give it a key.",
            "invalid": "Use small letters, digits and single hyphens, such as monthly-report.",
        },
    )
    template = forms.ChoiceField(label="Starts", error_messages={"required": "Choose a template."})
    cron = forms.CharField(
        max_length=120,
        label="When",
        help_text="Minute, hour, day of the month, month, weekday: “0 6 * * 1-5” is six o’clock from Monday to Friday.",
        error_messages={"required": "Say when, for example 0 6 * * 1-5."},
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", "list": "when-examples"}),
    )
    zone = forms.ChoiceField(label="Time zone", required=False)
    catch_up = forms.ChoiceField(
        label="Times that were missed",
        choices=CatchUp.choices,
        initial=CatchUp.ONCE,
        help_text="When nothing could be started for more than 15 minutes.",
    )
    catch_up_limit = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=MAX_EACH,
        initial=10,
        help_text="Runs that are caught up at once.",
    )
    input = forms.CharField(
        label="Input",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="A JSON object, as the template’s input asks for it.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, schedule: Schedule | None, templates: list[tuple[str, str]]
    ) -> None:
        super().__init__(data, initial=_schedule_initial(schedule))
        self.fields["template"].choices = templates  # type: ignore[attr-defined]
        self.fields["zone"].choices = [("", "The workspace’s own"), *zone_choices()]  # type: ignore[attr-defined]
        if schedule is not None:
            del self.fields["key"]

    def clean_input(self) -> dict[str, Any]:
        text = str(self.cleaned_data["input"]).strip()
        try:
            value = json.loads(text) if text else {}
        except ValueError:
            raise forms.ValidationError('This is no JSON. Write it like {"month": "march"}.') from None
        if not isinstance(value, dict):
            raise forms.ValidationError("Write an object: {…}.")
        return value

    def refuse_schedule(self, error: DomainError) -> None:
        self.refuse(error, _FIELDS)


def hours_text(spans: list[list[str]]) -> str:
    """A day's openings as they are written: `09:00-12:00, 13:00-17:00`."""
    return ", ".join(f"{begin}-{end}" for begin, end in spans)


def _calendar_initial(calendar: Calendar | None) -> dict[str, Any]:
    if calendar is None:
        week = {f"day{number}": "09:00-17:00" for number in range(5)}
        return {"zone": current_tenant().timezone, **week}
    hours = calendar.hours or (calendar.extends.hours if calendar.extends else None) or [[]] * 7
    lines = [
        f"every {item['date'][5:]} {item.get('name', '')}".strip()
        if item.get("yearly")
        else f"{item['date']} {item.get('name', '')}".strip()
        for item in calendar.holidays
    ]
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "extends": calendar.extends.key if calendar.extends else "",
        "holidays": "\n".join(lines),
        **{f"day{number}": hours_text(spans) for number, spans in enumerate(hours)},
    }


def _schedule_initial(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    return {
        "name": schedule.name,
        "template": schedule.template_key,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "catch_up": schedule.catch_up,
        "catch_up_limit": schedule.catch_up_limit,
        "input": json.dumps(schedule.input, indent=2, ensure_ascii=False) if schedule.input else "",
    }


def _end(found: re.Match[str]) -> str:
    return "24:00" if found[3] == "24:00" else f"{int(found[4]):02}:{found[5]}"


def _holiday(line: str) -> dict[str, Any] | None:
    yearly, once = _YEARLY.fullmatch(line), _ONCE.fullmatch(line)
    found = yearly or once
    if found is None:
        return None
    text = f"{_LEAP_YEAR}-{found[1]}" if yearly else found[1]
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return {"date": day.isoformat(), "name": (found[2] or "").strip()[:120], "yearly": bool(yearly)}
