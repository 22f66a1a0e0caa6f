"""What differs between two versions of a template, with everything they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.workflows.choices import VersionStatus
from apps.workflows.engine.difference import Difference, compare, compare_text
from apps.workflows.engine.parse import parse_template
from apps.workflows.models import TemplateVersion
from apps.workflows.parts import snapshot_parts


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """The difference from one version to another: as steps, and as the lines of a unified difference."""

    before: TemplateVersion
    after: TemplateVersion
    steps: Difference
    text: list[str]


def compare_versions(before: TemplateVersion, after: TemplateVersion) -> VersionDifference:
    """Return what differs. A draft is compared with what it would hold if it were published now."""
    return VersionDifference(
        before,
        after,
        compare(
            document_of(before),
            document_of(after),
            parts=(parts_held(before), parts_held(after)),
            tests=(before.tests, after.tests),
        ),
        compare_text(
            before.source, after.source, names=(f"version {before.number}", f"version {after.number}")
        ),
    )


def document_of(version: TemplateVersion) -> Mapping[str, Any]:
    """Return the version's template as a document; of a draft, as far as it can be read."""
    return version.definition or parse_template(version.source).definition.source


def parts_held(version: TemplateVersion) -> dict[str, Any]:
    """Return what the version holds, or a draft would hold."""
    if version.digest:
        return dict(version.parts)
    parsed = parse_template(version.source)
    return snapshot_parts(parsed.definition) if parsed.is_valid else {}


def version_before(version: TemplateVersion) -> TemplateVersion | None:
    """Return what a version is naturally compared with: the one in use, for that the one with the next lower number."""
    others = TemplateVersion.objects.select_related("template").filter(template_id=version.template_id)
    if version.status != VersionStatus.PUBLISHED:
        current = others.filter(status=VersionStatus.PUBLISHED).first()
        if current is not None:
            return current
    kept = others.exclude(status=VersionStatus.DISCARDED)
    return kept.filter(number__lt=version.number).order_by("-number").first()
