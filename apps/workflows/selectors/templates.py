"""Reads of templates and versions."""

from apps.workflows.choices import VersionStatus
from apps.workflows.models import TemplateVersion


def published_version(template_key: str) -> TemplateVersion | None:
    """Return the version that new runs of the template follow, its template loaded."""
    return (
        TemplateVersion.objects.select_related("template")
        .filter(template__key=template_key, status=VersionStatus.PUBLISHED)
        .first()
    )


def triggered_versions(event_types: set[str]) -> list[TemplateVersion]:
    """Return the published versions that an event of one of the types may start."""
    return list(
        TemplateVersion.objects.select_related("template").filter(
            trigger_event__in=event_types, status=VersionStatus.PUBLISHED
        )
    )
