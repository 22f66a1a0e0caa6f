"""The tests of a template: run, shown with what was expected and got, and written.

A few cases run as the page is opened, on the engine's pure core; more are run as work, and the page asks how far it is.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.errors import Conflict, NotFound
from apps.portal.template_results import drawn, shown_cases, untouched, verdict
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import SeeOther, StaffPage
from apps.portal.views.template_chosen import chosen_version
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.simulation.coverage import Coverage, coverage_of
from apps.workflows.engine.simulation.starting import first_case
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import SuiteRun, TemplateVersion
from apps.workflows.selectors.proof import OPEN, get_suite, latest_suite
from apps.workflows.services.suites import definition_of_suite, is_long, start_suite
from apps.workflows.services.template_tests import readable_definition, run_version_tests, save_tests


class TemplateTestsPage(StaffPage):
    """The test cases of one version, and what came of each."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        version = chosen_version(key, self.asked("version"))
        suite = self._suite(version)
        if not self._is_partial():
            return self._show(version, suite=suite)
        if suite is not None and suite.status in OPEN:
            return render(request, "portal/templates/_suite.html", _of_open(suite))
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        version = chosen_version(key, self.sent("version"))
        here = f"{reverse('portal:template_tests', args=[key])}?version={version.number}"
        if self.sent("command") == "run":
            return self._start(version, here)
        text = request.POST.get("tests", "").replace("\r\n", "\n").replace("\x00", "")
        if self.sent("command") == "try":
            return self._start(version, here, text) if is_long(text) else self._show(version, text)
        try:
            version = save_tests(template_key=key, number=version.number, tests=text, actor=self.actor)
            if is_long(text):
                start_suite(template_key=key, number=version.number, actor=self.actor)
        except Conflict as error:
            return self.came_late(here, error)
        except TemplateUnreadable:
            pass
        return self.done(here, "The tests are saved with the draft.")

    def _start(self, version: TemplateVersion, here: str, text: str | None = None) -> HttpResponse:
        """Have many cases run; those that are only tried are found by the run itself."""
        try:
            suite = start_suite(
                template_key=version.template.key, number=version.number, tests=text, actor=self.actor
            )
        except TemplateUnreadable:
            return self._show(version, text)
        return SeeOther(here if text is None else f"{here}&run={suite.id}")

    def _suite(self, version: TemplateVersion) -> SuiteRun | None:
        """The run asked for, else the latest of the version's own cases where they are many."""
        if self.asked("run"):
            try:
                return get_suite(version, UUID(self.asked("run")))
            except ValueError:
                raise NotFound("not_found", "There is no such run of these test cases.") from None
        return latest_suite(version, version.tests) if is_long(version.tests) else None

    def _is_partial(self) -> bool:
        htmx = self.request.htmx  # type: ignore[attr-defined]
        return bool(htmx and not htmx.boosted)

    def _show(
        self, version: TemplateVersion, tried: str | None = None, suite: SuiteRun | None = None
    ) -> HttpResponse:
        if suite is not None and suite.tests != version.tests:
            tried = suite.tests
        text = version.tests if tried is None else tried
        values: dict[str, Any] = {
            "version": version,
            "template": version.template,
            "tabs": template_tabs(version.template.key, "tests"),
            "text": text,
            "is_tried": tried is not None,
            "may_save": version.status == VersionStatus.DRAFT and self.may("templates:write"),
        }
        try:
            values |= _results(version, text, suite)
        except TemplateUnreadable as error:
            return self.page(
                "portal/templates/tests.html", {**values, "title": "Tests", "refused": error.detail}
            )
        if not text.strip() and values["may_save"]:
            values["text"] = first_case(readable_definition(version))
        return self.page("portal/templates/tests.html", values)


def _results(version: TemplateVersion, text: str, suite: SuiteRun | None) -> dict[str, Any]:
    """What came of the cases: run now where they are few, else what their latest run says. Raise TemplateUnreadable."""
    definition = readable_definition(version)
    if not is_long(text):
        result = run_version_tests(version, text)
        cases = [case.to_json() for case in result.results]
        return _outcome(definition, result.suite.problems, cases, result.coverage)
    if suite is None:
        return {"title": "The tests have not run yet", "is_unrun": True}
    if suite.status in OPEN:
        return {"title": "The tests are running", **_of_open(suite)}
    found = _outcome(definition_of_suite(suite), suite.problems, suite.results, coverage_of(suite.coverage))
    return {**found, "suite": suite}


def _of_open(suite: SuiteRun) -> dict[str, Any]:
    progress = f"{suite.done} of {suite.total} cases run" if suite.total else "The run waits its turn"
    return {"suite": suite, "is_open": True, "progress": progress, "template": suite.template}


def _outcome(
    definition: Definition, problems: Any, cases: list[dict[str, Any]], coverage: Coverage
) -> dict[str, Any]:
    red = sum(not case["passed"] for case in cases)
    return {
        "title": verdict(len(cases), red, is_readable=not problems),
        "problems": problems,
        "cases": shown_cases(cases, definition),
        "untouched": untouched(coverage, definition) if cases else [],
        "steps_label": f"{coverage.covered_steps} of {len(coverage.steps)} steps reached",
        "ways_label": f"{coverage.covered_ways} of {len(coverage.ways)} ways taken",
        "steps_done": coverage.covered_steps,
        "steps_all": len(coverage.steps),
        "ways_done": coverage.covered_ways,
        "ways_all": len(coverage.ways),
        "diagram": drawn(coverage, definition) if cases else "",
    }
