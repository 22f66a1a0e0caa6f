"""Templates: save a draft, publish it, retire it."""

import hashlib
import json
from typing import Any

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import NotFound, Problem
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.catalogue import InstalledCatalogue
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.lint import Checked, check_template
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.problems import ERROR, TemplateProblem
from apps.workflows.exceptions import TemplateRefused
from apps.workflows.models import TemplateVersion, WorkflowTemplate
from apps.workflows.services.template_tests import tests_problems


def save_draft(*, source: str, actor: Actor, tests: str | None = None) -> TemplateVersion:
    """Save the YAML or JSON text as the template's draft; the template's key is the text's own.

    A draft may still have problems, as long as its key and name can be read. Raises TemplateRefused otherwise.
    ``tests`` are its test cases; left out, they stay as they are, a new draft has those of the version before it.
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
        draft = template.versions.select_for_update().filter(status=VersionStatus.DRAFT).first()
        if draft is None:
            latest = template.versions.order_by("-number").only("number", "tests").first()
            draft = TemplateVersion(template=template, number=latest.number + 1 if latest else 1)
            draft.tests = latest.tests if latest else ""
        else:
            draft.version += 1
        draft.source = source
        draft.tests = draft.tests if tests is None else tests
        draft.save()
        record("template_version.save_draft", draft, after={"template": key, "number": draft.number})
        return draft


def check_source(source: str) -> Checked:
    """Return the compiled definition (None if it has errors) and everything wrong or doubtful about it, here and now."""
    return check_template(source, InstalledCatalogue())


def publish_version(*, template_key: str, number: int, actor: Actor) -> TemplateVersion:
    """Make a draft (or a retired version) the one that new runs follow; the one before it is retired.

    Raises NotFound, and TemplateRefused with line, path and remedy of every error.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:publish")
        version = (
            TemplateVersion.objects.select_for_update(of=("self",))
            .select_related("template")
            .filter(template__key=template_key, number=number)
            .first()
        )
        if version is None:
            raise NotFound("not_found", "There is no such version.")
        checked = check_source(version.source)
        if checked.definition is None:
            raise TemplateRefused([_problem(found) for found in checked.problems if found.severity == ERROR])
        red = tests_problems(version)
        if red:
            raise TemplateRefused([_problem(found) for found in red])
        definition = checked.definition
        _retire_current(version)
        stored = definition.source
        digest = hashlib.sha256(canonical_json(stored)).hexdigest()
        transition(
            version,
            "publish",
            fields={
                "definition": stored,
                "digest": digest,
                "trigger_event": definition.trigger.event if definition.trigger else "",
                "published_at": now(),
                "published_by": actor.label,
            },
            event=DomainEvent(
                events.TEMPLATE_PUBLISHED,
                f"workflow_template/{version.template_id}",
                {"template": template_key, "version": number, "digest": digest},
            ),
        )
        return version


def retire_version(*, template_key: str, number: int, actor: Actor) -> TemplateVersion:
    """Take the published version out of use; running runs stay on it."""
    with unit_of_work(actor):
        policies.require(actor, "templates:publish")
        version = (
            TemplateVersion.objects.select_for_update(of=("self",))
            .select_related("template")
            .filter(template__key=template_key, number=number)
            .first()
        )
        if version is None:
            raise NotFound("not_found", "There is no such version.")
        transition(version, "retire")
        return version


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _retire_current(version: TemplateVersion) -> None:
    current = version.template.versions.select_for_update().filter(status=VersionStatus.PUBLISHED).first()
    if current is not None and current.pk != version.pk:
        transition(current, "retire")


def _heading(source: str) -> tuple[str, str, str]:
    """Return key, name and family of the text; what else is wrong with it does not matter to a draft."""
    parsed = parse_template(source)
    definition = parsed.definition
    if not definition.key or not definition.name:
        raise TemplateRefused(
            [_problem(found) for found in parsed.report.problems if found.severity == ERROR]
        )
    return definition.key, definition.name, definition.family


def _problem(problem: TemplateProblem) -> Problem:
    return Problem(
        problem.path, problem.message, problem.code, remedy=problem.remedy, line=problem.line or None
    )
