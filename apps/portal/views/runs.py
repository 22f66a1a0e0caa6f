"""Runs: the list, one run, and the commands that stop it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.portal.diagrams import run_diagram
from apps.portal.paging import list_page
from apps.portal.selectors.run_view import read_run, run_sentence
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted
from apps.workflows.choices import RunStatus
from apps.workflows.models import Run
from apps.workflows.selectors.runs import list_runs, with_open_steps
from apps.workflows.selectors.templates import list_template_names
from apps.workflows.services import cancel_run, roll_back_run

_OPEN = (RunStatus.RUNNING, RunStatus.ROLLING_BACK)


class RunsPage(StaffPage):
    """All runs, the newest first."""

    section = "runs"
    action = "runs:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = {name: self.asked(name) for name in ("status", "template", "search", "subject")}
        if wanted["status"] not in RunStatus.values:
            wanted["status"] = ""
        rows = list_page(with_open_steps(list_runs(**wanted)), request)
        under_way = Run.objects.filter(status__in=_OPEN)
        stopped = under_way.filter(open_exceptions__gt=0).count()
        values = {
            "title": _title(under_way.count(), stopped),
            "page": rows,
            "lines": [(run, _line(run)) for run in rows.rows],
            "wanted": wanted,
            "statuses": RunStatus.choices,
            "templates": list_template_names(),
            "filtered": any(wanted.values()),
        }
        return self.page("portal/runs/runs.html", values)


class RunPage(StaffPage):
    """One run; asked with ``seen`` it answers only if something has happened since."""

    section = "runs"
    action = "runs:read"

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        seen = self.asked("seen")
        if request.htmx and seen.isdecimal() and _is_unchanged(run_id, seen):  # type: ignore[attr-defined]
            return HttpResponse(status=204)
        return self._show(run_id)

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        command, reason = self.sent("command"), self.sent("reason")
        here = reverse("portal:run", args=[run_id])
        try:
            if command == "cancel":
                cancel_run(run_id=run_id, actor=self.actor, reason=reason)
                return self.done(here, "The run is cancelled.")
            if command == "roll_back":
                roll_back_run(run_id=run_id, actor=self.actor, reason=reason)
                return self.done(here, "The run is being rolled back.")
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(run_id, error.detail, 422)
        return self._show(run_id, "Choose what to do with the run.", 422)

    def _show(self, run_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
        view = read_run(run_id)
        parties = {item.step.visit: item.on for item in view.open_steps}
        values = {
            "view": view,
            "run": view.run,
            "diagram": run_diagram(view.definition, view.run.steps.all(), parties),
            "problem": problem,
            "may_steer": view.run.status in _OPEN and self.may("runs:write"),
            "may_roll_back": view.run.status == RunStatus.RUNNING and self.may("exceptions:resolve"),
        }
        if self.request.htmx and not self.request.htmx.boosted:  # type: ignore[attr-defined]
            return render(self.request, "portal/runs/_live.html", values)
        return self.page("portal/runs/run.html", values, status=status)


def _is_unchanged(run_id: UUID, seen: str) -> bool:
    return Run.objects.filter(pk=run_id, history_length=int(seen[:9])).exists()


def _title(under_way: int, stopped: int) -> str:
    if not under_way:
        return "No run is under way"
    held = f", {stopped} of them held up by an exception" if stopped else ", none of them held up"
    return f"{counted(under_way, 'run')} under way{held}"


def _line(run: Run) -> str:
    steps = [step for step in run.open_steps if step.kind not in ("parallel", "choice", "for_each")]  # type: ignore[attr-defined]
    if steps and run.status == RunStatus.RUNNING:
        names = ", ".join(dict.fromkeys(f"“{step.name}”" for step in steps[:2]))
        return f"Now: {names}" + (f" and {len(steps) - 2} more" if len(steps) > 2 else "")
    return run_sentence(run, [], [], now())
