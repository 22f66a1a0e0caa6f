"""Templates as BPMN 2.0 files: a version drawn, and a drawing as a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.ledger.services import record, unit_of_work
from apps.workflows.bpmn.export import export_bpmn
from apps.workflows.bpmn.importing import import_bpmn
from apps.workflows.bpmn.reading import ERROR, Note
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.parse import parse_template
from apps.workflows.exceptions import TemplateRefused
from apps.workflows.models import TemplateVersion
from apps.workflows.services.templates import save_draft


@dataclass(frozen=True, slots=True)
class ImportedDiagram:
    """The draft a drawing became, and what of the drawing could not be read, or wants something chosen."""

    draft: TemplateVersion
    notes: Sequence[Note]


def draw_version(version: TemplateVersion) -> str:
    """Return a version as BPMN 2.0 XML. Raises TemplateRefused for a draft whose steps cannot be read."""
    parsed = parse_template(version.definition or version.source)
    if not parsed.is_valid:
        problems = [one for one in parsed.report.problems if one.severity == "error"]
        raise TemplateRefused(
            [
                Problem(one.path, one.message, one.code, remedy=one.remedy, line=one.line or None)
                for one in problems
            ]
        )
    return export_bpmn(parsed.definition.source)


def import_diagram(*, text: str, actor: Actor, replace: bool = False) -> ImportedDiagram:
    """Save a BPMN 2.0 drawing as the draft of the template it names.

    Raises Forbidden, Invalid (``bpmn_refused``: the place, line and remedy of each reason) and Conflict (``draft_exists``)
    unless ``replace`` says that a draft may be overwritten.
    """
    found = import_bpmn(text)
    if found.source is None:
        reasons = [note for note in found.notes if note.severity == ERROR]
        problems = [
            Problem(f"/{note.element}", note.message, note.code, note.remedy, line=note.line or None)
            for note in reasons
        ]
        raise Invalid("bpmn_refused", "The diagram cannot be read as a workflow.", problems)
    written = yaml.safe_dump(found.source, sort_keys=False, allow_unicode=True, width=110)
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        key = str(found.source.get("key"))
        held = TemplateVersion.objects.filter(template__key=key, status=VersionStatus.DRAFT).first()
        if held is not None and not replace:
            message = f"“{key}” has a draft already, version {held.number}; it would be overwritten."
            raise Conflict("draft_exists", message)
        draft = save_draft(source=written, actor=actor)
        record("template_version.import_bpmn", draft, after={"template": key, "notes": len(found.notes)})
        return ImportedDiagram(draft, found.notes)
