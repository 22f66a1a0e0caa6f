"""Schedules: the list, and one with its next times, what became of the last ones, and the form that changes it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid
from apps.portal.paging import list_page
from apps.portal.time_forms import ScheduleForm
from apps.portal.views.settings.base import SettingsPage
from apps.workflows.choices import ScheduleStatus
from apps.workflows.models import Schedule
from apps.workflows.selectors.schedules import (
    get_schedule,
    latest_fires,
    list_fires,
    list_schedules,
    next_fires,
    template_choices,
    zone_of_schedule,
)
from apps.workflows.services.schedules import (
    create_schedule,
    delete_schedule,
    pause_schedule,
    resume_schedule,
    save_schedule,
)

_TONES = {"active": "success", "paused": "warning", "retired": "neutral"}
FIRE_TONES = {"started": "success", "skipped": "neutral", "failed": "danger"}


class SchedulesPage(SettingsPage):
    """All schedules."""

    tab = "schedules"
    action = "schedules:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        latest = latest_fires()
        rows = list_schedules().order_by("name", "id")
        values = {
            "lines": [
                {
                    "row": row,
                    "next": next(iter(next_fires(row, 1)), None),
                    "last": latest.get(row.id),
                    "zone": zone_of_schedule(row).key,
                    "tone": _TONES[row.status],
                }
                for row in rows
            ],
            "may_write": self.may("schedules:write"),
        }
        return self.page("portal/settings/schedules.html", values)


class SchedulePage(SettingsPage):
    """One schedule; ``key`` empty makes a new one."""

    tab = "schedules"
    action = "schedules:read"

    def get(self, request: HttpRequest, key: str = "") -> HttpResponse:
        return self._show(key)

    def post(self, request: HttpRequest, key: str = "") -> HttpResponse:
        here = reverse("portal:schedule", args=[key]) if key else reverse("portal:schedule_new")
        try:
            if key and self.sent("command") in ("pause", "resume", "delete"):
                return self._command(self.sent("command"), key, here)
            return self._save(key)
        except Conflict as error:
            return self.came_late(here, error)

    def _command(self, command: str, key: str, here: str) -> HttpResponse:
        reason = self.sent("reason")
        if command == "delete":
            delete_schedule(key=key, actor=self.actor)
            return self.done(reverse("portal:schedules"), "Removed. Runs it started stay.")
        if command == "resume":
            resume_schedule(key=key, actor=self.actor, reason=reason)
            return self.done(here, "It goes on with its next time.")
        try:
            pause_schedule(key=key, actor=self.actor, reason=reason)
        except Invalid as error:
            return self._show(key, problem=error.errors[0].message, status=422)
        return self.done(here, "Paused. Its times pass without runs until it is resumed.")

    def _save(self, key: str) -> HttpResponse:
        schedule = get_schedule(key) if key else None
        form = ScheduleForm(self.request.POST, schedule, template_choices())
        if not form.is_valid():
            return self._show(key, form=form, status=422)
        values = dict(form.cleaned_data)
        try:
            if schedule is None:
                row = create_schedule(**values, actor=self.actor)
            else:
                seen = self.sent("version")
                expected = int(seen) if seen.isdecimal() and len(seen) < 9 else None
                row = save_schedule(key=key, **values, actor=self.actor, expected_version=expected)
        except Invalid as error:
            form.refuse_schedule(error)
            return self._show(key, form=form, status=422)
        return self.done(reverse("portal:schedule", args=[row.key]), "Saved.")

    def _show(
        self, key: str, *, form: ScheduleForm | None = None, problem: str = "", status: int = 200
    ) -> HttpResponse:
        schedule = get_schedule(key) if key else None
        values: dict[str, Any] = {
            "schedule": schedule,
            "problem": problem,
            "may_write": self.may("schedules:write"),
            "action_url": reverse("portal:schedule", args=[key]) if key else reverse("portal:schedule_new"),
        }
        if schedule is None or not schedule.declared:
            values["form"] = form or ScheduleForm(None, schedule, template_choices())
        if schedule is not None:
            values |= self._standing(schedule)
        return self.page("portal/settings/schedule.html", values, status=status)

    def _standing(self, schedule: Schedule) -> dict[str, Any]:
        page = list_page(list_fires(schedule.id), self.request)
        return {
            "next_fires": next_fires(schedule),
            "zone": zone_of_schedule(schedule),
            "tone": _TONES[schedule.status],
            "page": page,
            "fires": [(row, FIRE_TONES[row.outcome]) for row in page.rows],
            "is_active": schedule.status == ScheduleStatus.ACTIVE,
            "is_paused": schedule.status == ScheduleStatus.PAUSED,
        }
