"""Shapes of calendars, clocks and schedules in the API."""

import re
from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import CatchUp, ClockState, FireOutcome, ScheduleStatus
from apps.workflows.engine.calendars import MAX_HOLIDAYS
from apps.workflows.engine.clocks import Segment
from apps.workflows.engine.schedules import MAX_EACH
from apps.workflows.engine.sla import CLOSED, PARTIES
from apps.workflows.models import Calendar, Schedule
from apps.workflows.selectors.clocks import LevelNow, RunClocks
from apps.workflows.selectors.schedules import next_fires

Shape = serializers.Serializer[Any]
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_KEY = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class ClockTimeField(serializers.RegexField):
    """A time of day, `09:00` to `24:00`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_TIME.pattern.join(("^(", ")$")), max_length=5, **kwargs)


class HolidayShape(Shape):
    date = serializers.DateField()
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    yearly = serializers.BooleanField(required=False, default=False)

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        return {**value, "date": value["date"].isoformat()}

    def to_representation(self, instance: Any) -> Any:
        return {
            "date": instance["date"],
            "name": instance.get("name", ""),
            "yearly": bool(instance.get("yearly")),
        }


class CalendarIn(Shape):
    name = serializers.CharField(max_length=120)
    zone = serializers.CharField(max_length=64, help_text="IANA time zone, such as Europe/Berlin.")
    hours = serializers.ListField(
        child=serializers.ListField(
            child=serializers.ListField(child=ClockTimeField(), min_length=2, max_length=2), max_length=24
        ),
        min_length=7,
        max_length=7,
        allow_null=True,
        required=False,
        default=None,
        help_text="Openings for each weekday, Monday first; null takes over those of `extends`.",
    )
    holidays = serializers.ListField(
        child=HolidayShape(), max_length=MAX_HOLIDAYS, required=False, default=list
    )
    extends = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        default="",
        help_text="Key of a calendar whose holidays hold here too.",
    )


class NewCalendarIn(CalendarIn):
    key = serializers.RegexField(_KEY, max_length=60)


class CalendarOut(Shape):
    """Opening hours and holidays in a time zone."""

    key = serializers.CharField()
    name = serializers.CharField()
    zone = serializers.CharField()
    hours = serializers.ListField(allow_null=True)
    holidays = HolidayShape(many=True)
    extends = serializers.SerializerMethodField()
    is_default = serializers.BooleanField()
    created_at = UtcDateTimeField()

    def get_extends(self, calendar: Calendar) -> str:
        return calendar.extends.key if calendar.extends else ""


class DayQuery(Shape):
    days = serializers.IntegerField(min_value=1, max_value=400, required=False, default=14)


class OpeningOut(Shape):
    begin = UtcDateTimeField()
    end = UtcDateTimeField()


class DayOut(Shape):
    """One day of a calendar as it comes: its openings as moments, and the holiday, if it is one."""

    date = serializers.DateField()
    openings = OpeningOut(many=True)
    holiday = serializers.CharField()


class DaysOut(Shape):
    """The coming days of a calendar, today first."""

    days = DayOut(many=True)


class HolidayFileIn(Shape):
    text = serializers.CharField(
        max_length=512 * 1024, trim_whitespace=False, help_text="An iCalendar file (text/calendar)."
    )


class AssignmentIn(Shape):
    subject = serializers.RegexField(
        r"^(customer|user)/[0-9a-fA-F-]{36}$", max_length=60, help_text="customer/<id> or user/<id>"
    )
    calendar = serializers.CharField(max_length=60)
    zone = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")


class AssignmentOut(Shape):
    """Who works by a calendar; `zone`, if given, replaces the calendar's own."""

    id = serializers.UUIDField()
    subject = serializers.CharField()
    calendar = serializers.CharField(source="calendar.key")
    zone = serializers.CharField()
    created_at = UtcDateTimeField()


class SegmentOut(Shape):
    """A stretch of time that belongs to one party."""

    begin = UtcDateTimeField()
    end = UtcDateTimeField()
    seconds = serializers.SerializerMethodField()
    party = serializers.ChoiceField([*PARTIES, CLOSED], source="holding.party")
    visit = serializers.CharField(source="holding.visit")
    cause = serializers.CharField(source="holding.cause")
    note = serializers.CharField(source="holding.note")

    def get_seconds(self, segment: Segment) -> float:
        return segment.length.total_seconds()


class ClockEventOut(Shape):
    kind = serializers.ChoiceField(
        ["start", "pause", "resume", "warn", "breach", "recount", "retarget", "stop"]
    )
    at = UtcDateTimeField()
    used_seconds = serializers.SerializerMethodField()
    party = serializers.CharField()
    cause = serializers.CharField()

    def get_used_seconds(self, event: Any) -> float:
        return float(event.elapsed.total_seconds())


class LevelOut(Shape):
    """A service level of the run (`visit` empty) or of one visit."""

    visit = serializers.CharField()
    step = serializers.CharField()
    state = serializers.ChoiceField(ClockState.choices)
    calendar = serializers.CharField()
    zone = serializers.CharField()
    target_seconds = serializers.SerializerMethodField()
    used_seconds = serializers.SerializerMethodField()
    used_percent = serializers.SerializerMethodField()
    due_at = UtcDateTimeField(allow_null=True)
    breached_at = UtcDateTimeField(allow_null=True)
    events = ClockEventOut(many=True)

    def get_target_seconds(self, level: LevelNow) -> float:
        return level.target.total_seconds()

    def get_used_seconds(self, level: LevelNow) -> float:
        return level.used.total_seconds()

    def get_used_percent(self, level: LevelNow) -> float:
        return round(level.share, 2)


class RunClocksOut(Shape):
    """Every moment of a run by party (no gaps, no overlaps; `end` moves on while it runs), and its service levels."""

    begin = UtcDateTimeField(allow_null=True)
    end = UtcDateTimeField()
    seconds_by_party = serializers.SerializerMethodField()
    segments = SegmentOut(many=True)
    service_levels = LevelOut(many=True, source="levels")

    def get_seconds_by_party(self, clocks: RunClocks) -> dict[str, float]:
        return {party: length.total_seconds() for party, length in clocks.totals.items()}


class ScheduleIn(Shape):
    name = serializers.CharField(max_length=160)
    template = serializers.SlugField(max_length=80, help_text="Key of a published workflow template.")
    cron = serializers.CharField(max_length=120, help_text="Five fields, such as 0 6 * * 1-5; or @daily.")
    zone = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="Empty: the workspace's own."
    )
    input = ObjectField(required=False, default=dict)
    catch_up = serializers.ChoiceField(CatchUp.choices, required=False, default=CatchUp.ONCE)
    catch_up_limit = serializers.IntegerField(min_value=1, max_value=MAX_EACH, required=False, default=10)


class NewScheduleIn(ScheduleIn):
    key = serializers.RegexField(_KEY, max_length=80)


class ScheduleOut(Shape):
    """What starts runs of a template by the clock, and when it does so next."""

    key = serializers.CharField()
    name = serializers.CharField()
    template = serializers.CharField(source="template_key")
    cron = serializers.CharField()
    zone = serializers.CharField()
    input = ObjectField()
    catch_up = serializers.ChoiceField(CatchUp.choices)
    catch_up_limit = serializers.IntegerField()
    status = serializers.ChoiceField(ScheduleStatus.choices)
    declared = serializers.BooleanField(help_text="Whether the template's own trigger says so.")
    next_fires = serializers.SerializerMethodField()
    paused_by = serializers.CharField()
    paused_at = UtcDateTimeField(allow_null=True)
    pause_reason = serializers.CharField()
    created_at = UtcDateTimeField()

    def get_next_fires(self, schedule: Schedule) -> list[str]:
        return [moment.isoformat().replace("+00:00", "Z") for moment in next_fires(schedule)]


class ScheduleQuery(Shape):
    status = serializers.ChoiceField(ScheduleStatus.choices, required=False)
    template = serializers.SlugField(max_length=80, required=False)


class FireOut(Shape):
    """One time of a schedule; `passed` counts missed times that this one stands for."""

    fire_at = UtcDateTimeField()
    outcome = serializers.ChoiceField(FireOutcome.choices)
    run = serializers.UUIDField(source="run_id", allow_null=True)
    passed = serializers.IntegerField()
    note = serializers.CharField()
    created_at = UtcDateTimeField()
