"""The drawn template, with the state of a run on it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils.safestring import SafeString, mark_safe

from apps.core.clock import now
from apps.core.wording import span_in_words
from apps.portal.wording import worth_saying
from apps.workflows.choices import StepStatus
from apps.workflows.diagram import StepMark, render_svg
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.simulation.world import Simulation
from apps.workflows.models import StepRun
from apps.workflows.services.projection import project

_UNDO = "~undo"


def template_diagram(definition: Definition) -> SafeString:
    """Return the SVG of a template."""
    return _svg(render_svg(definition))


def coverage_diagram(definition: Definition, cases: Mapping[str, int]) -> SafeString:
    """Return the SVG of a template with how many test cases came to each step; those none came to stay blank."""
    marks = {
        step: StepMark("done", "1 case" if count == 1 else f"{count} cases")
        for step, count in cases.items()
        if count
    }
    return _svg(render_svg(definition, marks))


def simulation_diagram(run: Simulation) -> SafeString:
    """Return the SVG of a simulated run: each step as its latest visit stands."""
    marks: dict[str, StepMark] = {}
    visits: dict[str, int] = {}
    for row in project(run.definition, run.state, run.history):
        step = str(row["step"])
        if not str(row["visit"]).endswith(_UNDO):
            visits[step] = visits.get(step, 0) + 1
            word = StepStatus(row["status"]).label
            marks[step] = StepMark.of(str(row["kind"]), str(row["status"]), word, "", visits[step])
    return _svg(render_svg(run.definition, marks))


def run_diagram(definition: Definition, steps: Iterable[StepRun], parties: Mapping[str, str]) -> SafeString:
    """Return the SVG of a run: each step as its latest visit stands, those waiting with for how long and on whom.

    ``parties`` says on whom each open visit waits.
    """
    at = now()
    latest: dict[str, StepRun] = {}
    visits: dict[str, int] = {}
    for row in steps:
        if not row.visit.endswith(_UNDO):
            latest[row.step] = row
            visits[row.step] = visits.get(row.step, 0) + 1
    marks = {step: _mark(row, visits[step], parties.get(row.visit, ""), at) for step, row in latest.items()}
    return _svg(render_svg(definition, marks))


def _mark(row: StepRun, visits: int, party: str, at: datetime) -> StepMark:
    detail = ""
    if row.ended_at is None and party:
        held = at - row.started_at
        waited = span_in_words(held) if worth_saying(held) else ""
        detail = f"{waited} on {party}".strip()
    return StepMark.of(row.kind, row.status, row.get_status_display(), detail, visits)


def _svg(drawn: str) -> SafeString:
    return mark_safe(drawn)  # noqa: S308 - the renderer escapes every text of the template
