"""Runs: the list, its filters, and the same done to many."""

from django.http import HttpRequest, HttpResponse

from apps.core.clock import now
from apps.portal.paging import list_page
from apps.portal.selectors.run_view import run_sentence
from apps.portal.views.base import StaffPage
from apps.portal.views.lists import AGES, offered_commands, usable_filter
from apps.portal.wording import counted
from apps.workflows.choices import BulkAbout, RunStatus
from apps.workflows.models import Run
from apps.workflows.selectors.runs import list_runs, with_open_steps
from apps.workflows.selectors.templates import list_template_names

_FILTERS = (
    "status",
    "template",
    "search",
    "subject",
    "version",
    "step",
    "code",
    "connection",
    "older_than",
)
_OPEN = (RunStatus.RUNNING, RunStatus.ROLLING_BACK)


class RunsPage(StaffPage):
    """All runs, the newest first."""

    section = "runs"
    action = "runs:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = {name: self.asked(name) for name in _FILTERS}
        wanted, problem = usable_filter(BulkAbout.RUN, asked)
        rows = list_page(with_open_steps(list_runs(**wanted)), request)
        under_way = Run.objects.filter(status__in=_OPEN)
        stopped = under_way.filter(open_exceptions__gt=0).count()
        values = {
            "title": _title(under_way.count(), stopped),
            "page": rows,
            "lines": [(run, _line(run)) for run in rows.rows],
            "wanted": wanted,
            "problem": problem,
            "ages": AGES,
            "has_more": any(wanted.get(name) for name in ("version", "step", "code", "connection")),
            "commands": offered_commands(self, BulkAbout.RUN),
            "statuses": RunStatus.choices,
            "templates": list_template_names(),
            "filtered": bool(wanted),
        }
        return self.page("portal/runs/runs.html", values)


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
