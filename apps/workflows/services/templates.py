"""Templates: save a draft, publish it, take an earlier version back, retire."""

import hashlib
from typing import Any

from django.db.models import Max

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.canonical import canonical_json
from apps.workflows.catalogue import HeldCatalogue
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.lint import Checked, check_template
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.problems import ERROR, WARNING
from apps.workflows.exceptions import InReview, TemplateRefused, WarningsUnanswered
from apps.workflows.models import SuiteRun, TemplateVersion, WorkflowTemplate
from apps.workflows.parts import find_part, snapshot_parts
from apps.workflows.selectors.reviews import is_author
from apps.workflows.services.checking import check_source, lock_version, problems_told
from apps.workflows.services.editing import end_editing, note_save
from apps.workflows.services.proving import require_green
from apps.workflows.services.reviews import identity, require_agreement

__all__ = [
    "check_source",
    "content_digest",
    "discard_draft",
    "publish_version",
    "retire_version",
    "roll_back_template",
    "save_draft",
]


def save_draft(
    *, source: str, actor: Actor, tests: str | None = None, autosaved: bool = False
) -> TemplateVersion:
    """Save the YAML or JSON text as the template's draft; the template's key is the text's own.

    A draft may still have problems, as long as its key and name can be read. Raises TemplateRefused otherwise, and
    InReview while the template's newest version is being reviewed. A new draft begins with the test cases of the version
    before it; ``tests`` replaces them. ``autosaved``: the audit tells of the sitting, not of each save.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        key, name, family = _heading(source)
        template, made = WorkflowTemplate.objects.get_or_create(
            key=key, defaults={"name": name, "family": family}
        )
        if not made and (template.name, template.family) != (name, family):
            template.name, template.family = name, family
            template.save(update_fields=["name", "family"])
        draft = _open_draft(template)
        draft.source = source
        draft.tests = draft.tests if tests is None else tests
        if not actor.is_system and not is_author(draft, identity(actor)):
            draft.authors = [*draft.authors, {"id": identity(actor), "label": actor.label}]
        draft.save()
        if autosaved:
            note_save(draft, actor)
        else:
            record("template_version.save_draft", draft, after={"template": key, "number": draft.number})
        return draft


def discard_draft(*, template_key: str, number: int, actor: Actor, reason: str = "") -> TemplateVersion:
    """Give a draft up. Its text is kept and its number is not used again; the template is named as before it.

    Raises NotFound, and Conflict (``no_draft``) for a version that is in review, or was ever published.
    """
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:write")
        version = lock_version(template_key, number)
        if version.status != VersionStatus.DRAFT:
            raise Conflict("no_draft", "Only a draft can be discarded. Take a version in review back first.")
        end_editing(version)
        transition(version, "discard", reason=reason, event=_event(events.TEMPLATE_DISCARDED, version))
        _name_as_before(version.template)
        return version


def publish_version(*, template_key: str, number: int, actor: Actor, reason: str = "") -> TemplateVersion:
    """Make a version the one that new runs follow; the one before it is retired.

    A draft is judged first and then keeps copies of all it names; a retired version comes back as it was. Raises
    NotFound, TemplateRefused with line, path and remedy of every error, CasesNotRun where many test cases have no green
    run, ReviewRequired or OwnWork where four eyes are asked for, WarningsUnanswered if there are warnings and no reason.
    The platform itself publishes without these four.
    """
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:publish")
        version = lock_version(template_key, number)
        if version.status == VersionStatus.RETIRED:
            return _bring_back(version, actor=actor)
        checked = check_source(version.source, governed=not actor.is_system)
        if checked.definition is None:
            raise TemplateRefused(problems_told(checked.problems, ERROR))
        proof = require_green(version, actor)
        require_agreement(version, checked.definition, actor)
        warnings = problems_told(checked.problems, WARNING)
        if warnings and not reason.strip() and not actor.is_system:
            raise WarningsUnanswered(warnings)
        end_editing(version)
        _make_current(version, _content(version, checked, reason), actor=actor, proof=proof)
        return version


def roll_back_template(*, template_key: str, number: int, actor: Actor, reason: str) -> TemplateVersion:
    """Make an earlier version current again, with everything it holds; it was agreed to when it was published.

    Running work stays on the version it follows. Raises NotFound, and Conflict (``not_retired``) for a version that is
    current or was never published.
    """
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:publish")
        version = lock_version(template_key, number)
        if version.status != VersionStatus.RETIRED:
            raise Conflict("not_retired", "Only a version that was in use before can be taken back into use.")
        return _bring_back(version, actor=actor)


def retire_version(*, template_key: str, number: int, actor: Actor, reason: str = "") -> TemplateVersion:
    """Take the published version out of use; running runs stay on it."""
    with unit_of_work(actor, reason=reason):
        policies.require(actor, "templates:publish")
        version = lock_version(template_key, number)
        transition(version, "retire", reason=reason, event=_event(events.TEMPLATE_RETIRED, version))
        return version


def content_digest(definition: Any, parts: Any, tests: str) -> str:
    """Return the SHA-256 of everything a version holds, over canonical JSON; parts and tests count where there are any."""
    content = {"definition": definition, "parts": parts, "tests": tests} if parts or tests else definition
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _open_draft(template: WorkflowTemplate) -> TemplateVersion:
    """Return the draft to write into, locked, or the next version; raise InReview."""
    open_statuses = (VersionStatus.DRAFT, VersionStatus.IN_REVIEW)
    draft = template.versions.select_for_update().filter(status__in=open_statuses).first()
    if draft is None:
        before = template.versions.exclude(status=VersionStatus.DISCARDED).order_by("-number").first()
        highest = template.versions.aggregate(highest=Max("number"))["highest"] or 0
        return TemplateVersion(
            template=template, number=highest + 1, tests=before.tests if before is not None else ""
        )
    if draft.status == VersionStatus.IN_REVIEW:
        raise InReview(draft.number)
    draft.version += 1
    return draft


def _name_as_before(template: WorkflowTemplate) -> None:
    """Name the template as the version in use does, else the newest that was not given up."""
    rows = template.versions.exclude(status=VersionStatus.DISCARDED).order_by("-number")
    held = rows.filter(status=VersionStatus.PUBLISHED).first() or rows.first()
    if held is not None:
        _key, template.name, template.family = _heading(held.source)
        template.save(update_fields=["name", "family"])


def _content(version: TemplateVersion, checked: Checked, reason: str) -> dict[str, Any]:
    """Return the columns that are fixed when a version is first published."""
    definition = checked.definition
    if definition is None:
        raise TemplateRefused(problems_told(checked.problems, ERROR))
    parts = snapshot_parts(definition)
    return {
        "definition": definition.source,
        "parts": parts,
        "digest": content_digest(definition.source, parts, version.tests),
        "trigger_event": definition.trigger.event if definition.trigger else "",
        "accepted_warnings": [one.to_json() for one in checked.problems if one.severity == WARNING],
        "publish_reason": reason.strip()[:4000],
    }


def _make_current(
    version: TemplateVersion, content: dict[str, Any], *, actor: Actor, proof: SuiteRun | None = None
) -> None:
    current = version.template.versions.select_for_update().filter(status=VersionStatus.PUBLISHED).first()
    if current is not None and current.pk != version.pk:
        transition(current, "retire", event=_event(events.TEMPLATE_RETIRED, current))
    digest = content.get("digest", version.digest)
    transition(
        version,
        "publish",
        fields={**content, "published_at": now(), "published_by": actor.label},
        details={"digest": digest, **({"tests_run": str(proof.id), "cases": proof.done} if proof else {})},
        event=_event(events.TEMPLATE_PUBLISHED, version, digest=digest),
    )


def _bring_back(version: TemplateVersion, *, actor: Actor) -> TemplateVersion:
    checked = check_template(version.source, HeldCatalogue(version.parts))
    if checked.definition is None:
        raise TemplateRefused(problems_told(checked.problems, ERROR))
    _make_current(version, {}, actor=actor)
    helper = Actor.system(f"version {version.number} of {version.template.key}, for {actor.label}")
    for name, copies in version.parts.items():
        part = find_part(name)
        if part is not None and part.is_live and part.install is not None:
            for key, copy in copies.items():
                part.install(key, copy, helper)
    return version


def _event(type_: str, version: TemplateVersion, *, digest: str = "") -> DomainEvent:
    told = {"template": version.template.key, "version": version.number, "digest": digest or version.digest}
    return DomainEvent(type_, f"workflow_template/{version.template_id}", told)


def _heading(source: str) -> tuple[str, str, str]:
    """Return key, name and family of the text; what else is wrong with it does not matter to a draft."""
    parsed = parse_template(source)
    definition = parsed.definition
    if not definition.key or not definition.name:
        raise TemplateRefused(problems_told(parsed.report.problems, ERROR))
    return definition.key, definition.name, definition.family
