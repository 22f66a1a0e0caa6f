"""Reads of templates and versions."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from apps.core.errors import NotFound
from apps.workflows.choices import RunStatus, VersionStatus
from apps.workflows.definitions import HEAVY
from apps.workflows.models import Run, TemplateVersion, WorkflowTemplate
from tenants.configuration import remembered
from tenants.db import connection

# Drafts have no runs, and what makes a version of them raises the configuration's number.
_AWAITED = """
SELECT id, digest, ARRAY(SELECT DISTINCT jsonb_path_query(definition, '$.**.type') #>> '{}')
  FROM workflows_templateversion WHERE id = ANY(%s)
"""
_KEPT = 20_000
_words: dict[tuple[UUID, str], frozenset[str]] = {}
"""What versions say under any ``type``, by id and digest, kept in the process."""


def published_version(template_key: str) -> TemplateVersion | None:
    """Return the version that new runs of the template follow, its template loaded. Remembered: do not change it."""

    def read() -> TemplateVersion | None:
        return _light().filter(template__key=template_key, status=VersionStatus.PUBLISHED).first()

    return remembered(("published_version", template_key), read)


def version_of_run(version_id: UUID) -> TemplateVersion:
    """Return the version that a run follows, its template loaded. Remembered: do not change it."""
    return remembered(("version", version_id), lambda: _light().get(pk=version_id))


def triggered_versions(event_types: set[str]) -> list[TemplateVersion]:
    """Return the published versions that an event of one of the types may start. Remembered: do not change them."""

    def read() -> list[TemplateVersion]:
        return list(_light().filter(status=VersionStatus.PUBLISHED).exclude(trigger_event=""))

    versions = remembered("triggered_versions", read)
    return [version for version in versions if version.trigger_event in event_types]


def awaited_types() -> frozenset[str]:
    """Return every event type that a run may wait for, as far as is remembered, among other words.

    They are read from what versions say under any ``type``, whatever the step: a word too many does no harm.
    """
    return remembered("awaited_types", _words_under_type)


def does_any_version_want(event_types: Collection[str]) -> bool:
    """Return whether an event of one of the types may start a run, or a run may wait for it."""
    return not awaited_types().isdisjoint(event_types) or bool(triggered_versions(set(event_types)))


def _words_under_type() -> frozenset[str]:
    """Read the versions whose words this process does not know yet: each save of a draft asks for all of them."""
    rows = TemplateVersion.objects.exclude(status=VersionStatus.DRAFT).order_by()
    versions = list(rows.values_list("id", "digest"))
    found = {version: words for version in versions if (words := _words.get(version)) is not None}
    if unknown := [version[0] for version in versions if version not in found]:
        with connection.cursor() as cursor:
            cursor.execute(_AWAITED, [unknown])
            found |= {(version, digest): frozenset(words) for version, digest, words in cursor.fetchall()}
        if len(_words) > _KEPT:
            _words.clear()
        _words.update({version: words for version, words in found.items() if version[1]})
    return frozenset[str]().union(*found.values())


def _light() -> QuerySet[TemplateVersion]:
    return TemplateVersion.objects.select_related("template").defer(*HEAVY)


def list_templates() -> QuerySet[WorkflowTemplate]:
    """Return all templates with their versions, newest first, without the versions' texts (two queries)."""
    light = TemplateVersion.objects.defer(*HEAVY).order_by("-number")
    return WorkflowTemplate.objects.prefetch_related(Prefetch("versions", light))


def get_template(key: str) -> WorkflowTemplate:
    """Return one template with its versions, without their texts; raise NotFound."""
    template = list_templates().filter(key=key).first()
    if template is None:
        raise NotFound("not_found", "There is no such workflow template.")
    return template


def list_versions(key: str) -> QuerySet[TemplateVersion]:
    """Return the versions of a template without their texts; raise NotFound for an unknown template."""
    if not WorkflowTemplate.objects.filter(key=key).exists():
        raise NotFound("not_found", "There is no such workflow template.")
    return TemplateVersion.objects.filter(template__key=key).select_related("template").defer(*HEAVY)


def get_version(key: str, number: int) -> TemplateVersion:
    """Return one version with its text; raise NotFound."""
    version = (
        TemplateVersion.objects.select_related("template").filter(template__key=key, number=number).first()
    )
    if version is None:
        raise NotFound("not_found", "There is no such version.")
    return version


def published_of(template: WorkflowTemplate) -> TemplateVersion | None:
    """Return the published one among a template's loaded versions."""
    return _first(template, VersionStatus.PUBLISHED)


def draft_of(template: WorkflowTemplate) -> TemplateVersion | None:
    """Return the draft among a template's loaded versions."""
    return _first(template, VersionStatus.DRAFT)


def reviewed_of(template: WorkflowTemplate) -> TemplateVersion | None:
    """Return the one in review among a template's loaded versions."""
    return _first(template, VersionStatus.IN_REVIEW)


def shown_of(template: WorkflowTemplate) -> TemplateVersion:
    """Return the version in use among a template's loaded versions, else the newest that was not given up."""
    versions = template.versions.all()
    newest = next((one for one in versions if one.status != VersionStatus.DISCARDED), versions[0])
    return published_of(template) or newest


def _first(template: WorkflowTemplate, status: VersionStatus) -> TemplateVersion | None:
    return next((version for version in template.versions.all() if version.status == status), None)


def list_template_names() -> list[tuple[str, str]]:
    """Return key and name of every template, by name."""
    return list(WorkflowTemplate.objects.order_by("name").values_list("key", "name"))


def run_counts() -> dict[str, int]:
    """Return how many runs are under way, by key of their template."""
    rows = Run.objects.filter(status__in=(RunStatus.RUNNING, RunStatus.ROLLING_BACK)).order_by()
    return dict(rows.values_list("template_key").annotate(Count("id")))
