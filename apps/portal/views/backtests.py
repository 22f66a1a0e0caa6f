"""Back-tests of a template: choose a window and a version, watch it, read what would have gone another way."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime, make_aware

from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.portal.backtest_words import KIND_WORDS, findings, run_words, verdict
from apps.portal.paging import list_page
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import StaffPage
from apps.workflows.choices import PolicyOrigin
from apps.workflows.engine.definition import Definition
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import Backtest, WorkflowTemplate
from apps.workflows.selectors.proof import OPEN, get_backtest, list_backtest_runs
from apps.workflows.selectors.templates import draft_of, get_template, shown_of
from apps.workflows.services.backtests import cancel_backtest, definition_under_test, start_backtest

SHOWN = 20
TONES = {"waiting": "neutral", "running": "brand", "finished": "success", "cancelled": "neutral"}


class WindowForm(forms.Form):
    """Which version, over runs begun on which days."""

    version = forms.ChoiceField(label="Version to try")
    first = forms.DateField(label="Runs begun from", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="up to and including", widget=forms.DateInput(attrs={"type": "date"}))
    policies = forms.ChoiceField(
        label="Approval policies of a draft",
        choices=[("drafts", "Their drafts, where there are any"), ("live", "Those in use")],
        required=False,
    )

    def window(self) -> tuple[datetime, datetime]:
        """The moments the days begin and end at, in the workspace's time zone."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        return make_aware(datetime.combine(first, time())), make_aware(
            datetime.combine(last + timedelta(days=1), time())
        )


class BacktestsPage(StaffPage):
    """All back-tests of a template, and a form for another one."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        return self._show(template, _form(template))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        form = _form(template, request.POST)
        if not form.is_valid():
            return self._show(template, form, 422)
        since, until = form.window()
        try:
            row = start_backtest(
                template_key=key,
                number=int(form.cleaned_data["version"]),
                since=since,
                until=until,
                drafts=form.cleaned_data["policies"] != "live",
                actor=self.actor,
            )
        except Invalid as error:
            form.add_error(None, error.detail)
            return self._show(template, form, 422)
        return self.done(reverse("portal:backtest", args=[key, row.id]), "The back-test is on its way.")

    def _show(self, template: WorkflowTemplate, form: WindowForm, status: int = 200) -> HttpResponse:
        rows = [
            {
                "row": row,
                "title": verdict(row.status, row.done, row.affected),
                "tone": TONES[row.status],
                "last": _last_day(row),
            }
            for row in template.backtests.defer("source").order_by("-id")[:SHOWN]
        ]
        values = {
            "template": template,
            "tabs": template_tabs(template.key, "backtest"),
            "title": "What would a change have done?",
            "form": form,
            "rows": rows,
            "may_start": self.may("templates:write"),
        }
        return self.page("portal/templates/backtests.html", values, status=status)


class BacktestPage(StaffPage):
    """One back-test; while it runs the page asks every two seconds what is new."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str, backtest_id: UUID) -> HttpResponse:
        return self._show(get_backtest(key, backtest_id))

    def post(self, request: HttpRequest, key: str, backtest_id: UUID) -> HttpResponse:
        row = get_backtest(key, backtest_id)
        here = reverse("portal:backtest", args=[key, row.id])
        try:
            cancel_backtest(backtest_id=row.id, actor=self.actor)
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, "No more runs are looked at.")

    def _show(self, row: Backtest) -> HttpResponse:
        kind = self.asked("kind") if self.asked("kind") in KIND_WORDS else ""
        definition = _definition(row)
        page = list_page(list_backtest_runs(row, kind=kind), self.request)
        values = {
            "backtest": row,
            "last": _last_day(row),
            "template": row.template,
            "tabs": template_tabs(row.template.key, "backtest"),
            "title": verdict(row.status, row.done, row.affected),
            "tone": TONES[row.status],
            "is_open": row.status in OPEN,
            "policies": [_policy_words(key, copy) for key, copy in sorted(row.policies.items())],
            "progress": f"{row.done} of {row.total} runs",
            "findings": findings(row.summary, definition),
            "kind": kind,
            "kinds": [
                (name, words) for name, words in KIND_WORDS.items() if name in row.summary.get("kinds", {})
            ],
            "page": page,
            "lines": [
                (one, [run_words(difference, definition) for difference in one.differences])
                for one in page.rows
            ],
            "may_cancel": row.status in OPEN and self.may("templates:write"),
        }
        if self.request.htmx and not self.request.htmx.boosted:  # type: ignore[attr-defined]
            return render(self.request, "portal/templates/_backtest.html", values)
        return self.page("portal/templates/backtest.html", values)


def _policy_words(key: str, copy: dict[str, Any]) -> str:
    origin = PolicyOrigin(copy["origin"]).label.lower()
    return f"{copy.get('name') or key}, version {copy['number']} ({origin})"


def _last_day(row: Backtest) -> datetime:
    """The window ends before its end."""
    return row.until - timedelta(microseconds=1)


def _definition(row: Backtest) -> Definition | None:
    try:
        return definition_under_test(row)
    except TemplateUnreadable:
        return None


def _form(template: WorkflowTemplate, data: Any = None) -> WindowForm:
    today = localtime(now()).date()
    chosen = draft_of(template) or shown_of(template)
    initial = {"version": str(chosen.number), "first": today - timedelta(days=90), "last": today}
    form = WindowForm(data, initial=initial)
    field: Any = form.fields["version"]
    field.choices = [
        (str(row.number), f"Version {row.number}, {row.get_status_display().lower()}")
        for row in template.versions.all()
    ]
    return form
