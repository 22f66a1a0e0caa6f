"""The tests of a template: run, shown with what was expected and got, and written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict
from apps.portal.template_results import drawn, shown_cases, untouched, verdict
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import StaffPage
from apps.portal.views.template_chosen import chosen_version
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.simulation.running import SuiteResult
from apps.workflows.engine.simulation.starting import first_case
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import TemplateVersion
from apps.workflows.services.template_tests import readable_definition, run_version_tests, save_tests


class TemplateTestsPage(StaffPage):
    """The test cases of one version; they run as the page is opened, on the engine's pure core."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        return self._show(chosen_version(key, self.asked("version")))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        version = chosen_version(key, self.sent("version"))
        here = f"{reverse('portal:template_tests', args=[key])}?version={version.number}"
        text = request.POST.get("tests", "").replace("\r\n", "\n").replace("\x00", "")
        if self.sent("command") == "try":
            return self._show(version, text)
        try:
            save_tests(template_key=key, number=version.number, tests=text, actor=self.actor)
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, "The tests are saved with the draft.")

    def _show(self, version: TemplateVersion, tried: str | None = None) -> HttpResponse:
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
            result = run_version_tests(version, text)
        except TemplateUnreadable as error:
            return self.page(
                "portal/templates/tests.html", {**values, "title": "Tests", "refused": error.detail}
            )
        if not text.strip() and values["may_save"]:
            values["text"] = first_case(readable_definition(version))
        return self.page("portal/templates/tests.html", {**values, **_of_result(version, result)})


def _of_result(version: TemplateVersion, result: SuiteResult) -> dict[str, Any]:
    definition, coverage = readable_definition(version), result.coverage
    has_cases = bool(result.results)
    return {
        "title": verdict(result),
        "problems": result.suite.problems,
        "cases": shown_cases(result.results, definition),
        "passed": result.passed,
        "untouched": untouched(coverage, definition) if has_cases else [],
        "steps_label": f"{coverage.covered_steps} of {len(coverage.steps)} steps reached",
        "ways_label": f"{coverage.covered_ways} of {len(coverage.ways)} ways taken",
        "steps_done": coverage.covered_steps,
        "steps_all": len(coverage.steps),
        "ways_done": coverage.covered_ways,
        "ways_all": len(coverage.ways),
        "diagram": drawn(coverage, definition) if has_cases else "",
    }
