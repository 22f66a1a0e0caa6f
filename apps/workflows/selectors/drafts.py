"""Reads of drafts: the text to edit, who is editing it, and what its expressions could refer to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.workflows.choices import VersionStatus
from apps.workflows.exceptions import UnknownRun
from apps.workflows.models import DraftPresence, Run, TemplateVersion, WorkflowTemplate

PRESENT = timedelta(seconds=20)
"""How long somebody counts as present after his page has last said so."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text an editor begins with.

    ``number`` and ``version`` are those of the draft; both are 0 where there is none yet and ``source`` is that of the
    version it would follow, ``based_on``. ``version`` grows with every save. ``in_review`` is the number of the version
    under review, None for none: until that is over nothing can be saved.
    """

    template: str
    name: str
    source: str
    number: int
    version: int
    based_on: int | None
    in_review: int | None = None

    @property
    def exists(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody who has the draft open. ``is_you`` is true of the window that asks."""

    name: str
    step: str
    is_you: bool
    seen_at: datetime


def get_draft(template_key: str) -> Draft:
    """Return the template's draft, or what a new one would begin with; raise NotFound."""
    template = WorkflowTemplate.objects.filter(key=template_key).first()
    if template is None:
        raise NotFound("not_found", "There is no such workflow template.")
    return draft_to_edit(template)


def draft_to_edit(template: WorkflowTemplate) -> Draft:
    """Return the draft of a template, or what a new one would begin with: what is under review, in use, or
    the newest."""
    versions = list(TemplateVersion.objects.filter(template=template).defer("definition").order_by("-number"))
    draft = _first(versions, VersionStatus.DRAFT)
    published = _first(versions, VersionStatus.PUBLISHED)
    reviewed = _first(versions, VersionStatus.IN_REVIEW)
    kept = [version for version in versions if version.status != VersionStatus.DISCARDED]
    begin = draft or reviewed or published or next(iter(kept or versions), None)
    return Draft(
        template=template.key,
        name=template.name,
        source=begin.source if begin else "",
        number=draft.number if draft else 0,
        version=draft.version if draft else 0,
        based_on=published.number if published else None,
        in_review=reviewed.number if reviewed else None,
    )


def present_editors(template_key: str, *, window: str, actor_id: str) -> list[Editor]:
    """Return who edits the template now, the one who asks first, then by name."""
    rows = DraftPresence.objects.filter(template__key=template_key, seen_at__gte=now() - PRESENT)
    editors = [
        Editor(row.name, row.step, row.window == window and row.actor_id == actor_id, row.seen_at)
        for row in rows.order_by("name", "id")
    ]
    return sorted(editors, key=lambda editor: not editor.is_you)


def run_of_template(template_key: str, run_id: UUID) -> Run:
    """Return a run of the template with its state; raise UnknownRun."""
    run = Run.objects.filter(pk=run_id, template_key=template_key).first()
    if run is None:
        raise UnknownRun
    return run


def _first(versions: list[TemplateVersion], status: VersionStatus) -> TemplateVersion | None:
    return next((version for version in versions if version.status == status), None)
