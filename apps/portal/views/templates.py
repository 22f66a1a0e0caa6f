"""Workflow templates: the list, one version drawn and written, publishing and retiring."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid, NotFound, PreconditionFailed
from apps.portal.diagrams import template_diagram
from apps.portal.selectors.template_view import held_by, judged, problems_of
from apps.portal.template_commands import obey, offered, page_after
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import SeeOther, StaffPage
from apps.portal.views.template_versions import VERSION_TONES
from apps.portal.wording import counted
from apps.workflows.choices import PauseScope, ReviewMode, VersionStatus
from apps.workflows.exceptions import CasesNotRun, TemplateRefused
from apps.workflows.models import TemplateVersion, WorkflowTemplate
from apps.workflows.selectors.differences import document_of
from apps.workflows.selectors.pauses import wide_pause
from apps.workflows.selectors.reviews import review_mode
from apps.workflows.selectors.templates import (
    draft_of,
    get_template,
    get_version,
    list_templates,
    published_of,
    reviewed_of,
    run_counts,
    shown_of,
)
from apps.workflows.services import set_review_mode
from apps.workflows.services.drafts import edit_draft
from apps.workflows.services.suites import start_suite
from apps.workflows.services.templates import check_source

_SAME = "Nothing was saved: the text is the one in use."
_OVERTAKEN: dict[str, Any] = {
    "message": "Somebody has saved the draft since you opened this page.",
    "line": 0,
    "path": "",
    "remedy": "Your text is still here. Compare it with the draft, then save again to replace the draft.",
    "severity": "error",
}


class TemplatesPage(StaffPage):
    """All templates with what starts them and how many runs follow them now."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        running, mode = run_counts(), review_mode()
        lines = [
            {
                "template": template,
                "published": published_of(template),
                "draft": draft_of(template),
                "reviewed": reviewed_of(template),
                "running": running.get(template.key, 0),
            }
            for template in list_templates().order_by("name")
        ]
        published = sum(line["published"] is not None for line in lines)
        title = f"{counted(published, 'workflow')} in use" if published else "No workflow is in use yet"
        values = {
            "title": title,
            "lines": lines,
            "may_write": self.may("templates:write"),
            "review_modes": ReviewMode.choices,
            "review_mode": mode,
            "review_words": ReviewMode(mode).label,
            "may_set": self.may("workflow_settings:manage"),
        }
        return self.page("portal/templates/templates.html", values)

    def post(self, request: HttpRequest) -> HttpResponse:
        here, mode = reverse("portal:templates"), self.sent("review_mode")
        if mode not in ReviewMode.values:
            return self.get(request)
        set_review_mode(mode=mode, actor=self.actor)
        return self.done(here, f"Four eyes from now on: {ReviewMode(mode).label.lower()}.")


class TemplatePage(StaffPage):
    """One template: the version in use, or the one asked for with ``?version=``."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        return self._show(template, self._chosen(template, self.asked("version")))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        if self.sent("command") == "save":
            return self._save(template)
        version = self._chosen(template, self.sent("version"))
        here = f"{reverse('portal:template', args=[key])}?version={version.number}"
        command, reason = self.sent("command"), self.sent("reason")
        try:
            words = obey(command, template_key=key, number=version.number, actor=self.actor, reason=reason)
        except CasesNotRun as error:
            return self._to_tests(version, error)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(template, version, problems=problems_of(error), status=422)
        if not words:
            return self._show(template, version, status=422)
        former = published_of(template)
        there = page_after(
            command,
            here=here,
            key=key,
            number=version.number,
            former=former.number if former else None,
            running=self.sent("running"),
        )
        return self.done(there, words)

    def _to_tests(self, version: TemplateVersion, error: CasesNotRun) -> HttpResponse:
        """Many test cases must have run first: have them run, and show how far they are."""
        key, number = version.template.key, version.number
        start_suite(template_key=key, number=number, actor=self.actor)
        words = f"{error.detail.partition('. ')[0]}. They are running now; publish it when they are green."
        messages.info(self.request, words)
        return SeeOther(f"{reverse('portal:template_tests', args=[key])}?version={number}")

    def _save(self, template: WorkflowTemplate) -> HttpResponse:
        source = self.request.POST.get("source", "").replace("\r\n", "\n").replace("\x00", "")
        version = shown_of(template)
        checked = check_source(source)
        problems = [problem.to_json() for problem in checked.problems]
        if checked.definition is not None and checked.definition.key != template.key:
            message = f"The key must stay “{template.key}”; another key is another template."
            problems.insert(
                0, {"message": message, "line": 0, "path": "key", "remedy": "", "severity": "error"}
            )
            return self._show(template, version, problems=problems, source=source, status=422)
        held = self.sent("draft")[:9]
        seen = int(held) if held.isascii() and held.isdecimal() else None
        try:
            edited = edit_draft(template_key=template.key, source=source, actor=self.actor, expected=seen)
        except (TemplateRefused, Invalid):
            return self._show(template, version, problems=problems, source=source, status=422)
        except PreconditionFailed:
            return self._show(template, version, problems=[_OVERTAKEN], source=source, status=409)
        except Conflict as error:
            return self.came_late(reverse("portal:template", args=[template.key]), error)
        number = edited.draft.number or version.number
        here = f"{reverse('portal:template', args=[template.key])}?version={number}"
        return self.done(here, f"Saved as the draft, version {number}." if edited.draft.number else _SAME)

    def _chosen(self, template: WorkflowTemplate, number: str) -> TemplateVersion:
        if number:
            if not number.isascii() or not number.isdecimal():
                raise NotFound("not_found", "There is no such version.")
            return get_version(template.key, int(number[:9]))
        if not template.versions.all():
            raise NotFound("not_found", "The template has no version.")
        return get_version(template.key, shown_of(template).number)

    def _show(
        self,
        template: WorkflowTemplate,
        version: TemplateVersion,
        *,
        problems: list[dict[str, Any]] | None = None,
        source: str | None = None,
        status: int = 200,
    ) -> HttpResponse:
        definition, doubts = judged(version)
        head = definition.source if definition else {}
        found = problems if problems is not None else doubts
        values = {
            "template": template,
            "tabs": template_tabs(template.key, "overview"),
            "version": version,
            "tone": VERSION_TONES[VersionStatus(version.status)],
            "has_warnings": any(problem["severity"] == "warning" for problem in found),
            "diagram": template_diagram(definition) if definition else "",
            "problems": found,
            "refused": status in (409, 422),
            "draft": draft_of(template),
            "source": source if source is not None else version.source,
            "editing": source is not None,
            "may_write": self.may("templates:write"),
            "held": held_by(version),
            "about": document_of(version),
            "may": offered(version, head, self.actor),
            "pause": wide_pause(PauseScope.TEMPLATE, template.key),
            "may_pause": self.may("templates:pause"),
        }
        return self.page("portal/templates/template.html", values, status=status)
