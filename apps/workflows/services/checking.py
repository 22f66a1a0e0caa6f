"""Judging a template's text here and now, and loading the version it belongs to."""

from collections.abc import Iterable

from apps.core.errors import NotFound, Problem
from apps.workflows.catalogue import InstalledCatalogue
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.lint import Checked, check_template
from apps.workflows.engine.problems import ERROR, TemplateProblem
from apps.workflows.exceptions import TemplateRefused
from apps.workflows.models import TemplateVersion


def check_source(source: str, *, governed: bool = True) -> Checked:
    """Return the compiled definition (None if it has errors) and everything wrong or doubtful about it, here and now.

    ``governed`` asks for owners and classification as well, which people need to publish.
    """
    return check_template(source, InstalledCatalogue(), governed=governed)


def require_no_errors(version: TemplateVersion, *, governed: bool = True) -> Definition:
    """Return the definition of the version's text; raise TemplateRefused with every error."""
    checked = check_source(version.source, governed=governed)
    if checked.definition is None:
        raise TemplateRefused(problems_told(checked.problems, ERROR))
    return checked.definition


def problems_told(found: Iterable[TemplateProblem], severity: str) -> list[Problem]:
    """Return the problems of one severity as errors tell them."""
    return [
        Problem(one.path, one.message, one.code, remedy=one.remedy, line=one.line or None)
        for one in found
        if one.severity == severity
    ]


def lock_version(template_key: str, number: int) -> TemplateVersion:
    """Return the version with its template, locked until the transaction ends; raise NotFound."""
    version = (
        TemplateVersion.objects.select_for_update(of=("self",))
        .select_related("template")
        .filter(template__key=template_key, number=number)
        .first()
    )
    if version is None:
        raise NotFound("not_found", "There is no such version.")
    return version
