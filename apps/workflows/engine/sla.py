"""Service levels of a template: how long something may take, in which calendar, and whose waiting does not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.engine.durations import format_duration

PARTIES = ("us", "customer", "vendor_system", "third_party", "platform")
"""Who may hold a run. A sixth, `closed_calendar`, holds it while the office of people who have it is closed."""

CLOSED = "closed_calendar"
CONTINUOUS_KEY = "continuous"
WARNINGS = (50, 80, 100)
"""Shares of the target, in percent, that are told when they are used up; the last is the breach."""


@dataclass(frozen=True, slots=True)
class Sla:
    """A service level. Exactly one of `duration`, `working_days`, `working_hours` is the target.

    In a calendar with closing hours a day of the target counts as the calendar's average working day.
    """

    duration: timedelta | None
    working_days: int | None
    working_hours: float | None
    calendar: str
    paused_on: frozenset[str]

    def target(self, calendar: WorkingCalendar) -> timedelta:
        """The time that may be used, as open time of the calendar."""
        if self.working_hours is not None:
            return timedelta(hours=self.working_hours)
        if self.working_days is not None:
            return calendar.day_length() * self.working_days
        whole = self.duration or timedelta()
        if calendar.is_continuous:
            return whole
        return calendar.day_length() * whole.days + timedelta(seconds=whole.seconds)

    def said(self) -> str:
        """The service level in words: "16 working hours", "P5D by the calendar “business”"."""
        by = "" if self.calendar == CONTINUOUS_KEY else f" by the calendar “{self.calendar}”"
        if self.working_hours is not None:
            return f"{self.working_hours:g} working hours{by}"
        if self.working_days is not None:
            return f"{self.working_days} working days{by}"
        return f"{format_duration(self.duration or timedelta())}{by}"
