"""Versions of a template: all of them, and one compared, judged, reviewed and put to use."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid, NotFound
from apps.portal.selectors.template_view import (
    difference_shown,
    judged,
    missing_in_words,
    problems_of,
    tests_shown,
    words_of,
)
from apps.portal.template_commands import obey, offered, page_after, still_missing
from apps.portal.template_tabs import template_tabs
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.lint_codes import list_codes
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.differences import compare_versions, document_of, version_before
from apps.workflows.selectors.reviews import list_reviews
from apps.workflows.selectors.templates import get_template, get_version, published_version

VERSION_TONES = {
    VersionStatus.DRAFT: "warning",
    VersionStatus.IN_REVIEW: "info",
    VersionStatus.PUBLISHED: "success",
    VersionStatus.RETIRED: "neutral",
    VersionStatus.DISCARDED: "neutral",
}


class ChecksPage(StaffPage):
    """What each code of the checker means and how to mend it; the page of a template links here."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("portal/templates/checks.html", {"codes": list_codes()})


class VersionsPage(StaffPage):
    """All versions of a template, the newest first."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        template = get_template(key)
        count = len(template.versions.all())
        values = {
            "template": template,
            "tabs": template_tabs(key, "versions"),
            "title": template.name,
            "lede": f"{counted(count, 'version')}. Runs follow the version they began with.",
        }
        return self.page("portal/templates/versions.html", values)


class VersionPage(StaffPage):
    """One version: what differs from another, what is doubtful, what was said, and what to do with it."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str, number: int) -> HttpResponse:
        return self._show(get_version(key, number))

    def post(self, request: HttpRequest, key: str, number: int) -> HttpResponse:
        version, former = get_version(key, number), published_version(key)
        here = reverse("portal:template_version", args=[key, number])
        try:
            words = obey(
                self.sent("command"),
                template_key=key,
                number=number,
                actor=self.actor,
                reason=self.sent("reason"),
            )
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(version, problems=problems_of(error), status=422)
        if not words:
            return self._show(version, status=422)
        there = page_after(
            self.sent("command"),
            here=here,
            key=key,
            number=number,
            former=former.number if former else None,
            running=self.sent("running"),
        )
        return self.done(there, words)

    def _show(
        self, version: TemplateVersion, *, problems: list[dict[str, Any]] | None = None, status: int = 200
    ) -> HttpResponse:
        found = judged(version)[1] if problems is None else problems
        head = document_of(version)
        before = self._before(version)
        reviewed = version.status == VersionStatus.IN_REVIEW
        difference = difference_shown(compare_versions(before, version)) if before else None
        values = {
            "template": get_template(version.template.key),
            "tabs": template_tabs(version.template.key, "versions"),
            "version": version,
            "before": before,
            "title": f"Version {version.number} of {version.template.name}",
            "lede": _lede(before, difference),
            "tone": VERSION_TONES[VersionStatus(version.status)],
            "difference": difference,
            "problems": found,
            "refused": status == 422,
            "has_warnings": any(problem["severity"] == "warning" for problem in found),
            "tests": tests_shown(version),
            "reviews": words_of(list_reviews(version)),
            "missing": missing_in_words(still_missing(version, head)) if reviewed else "",
            "may_export": self.may("templates:write"),
            "may": offered(version, head, self.actor),
        }
        return self.page("portal/templates/version.html", values, status=status)

    def _before(self, version: TemplateVersion) -> TemplateVersion | None:
        number = self.asked("against")
        if not number:
            return version_before(version)
        if not number.isascii() or not number.isdecimal():
            raise NotFound("not_found", "There is no such version.")
        return get_version(version.template.key, int(number[:9]))


def _lede(before: TemplateVersion | None, difference: dict[str, Any] | None) -> str:
    if before is None or difference is None:
        return "It is the first version."
    return f"Compared with version {before.number}: {difference['summary'][0].lower()}{difference['summary'][1:]}."
