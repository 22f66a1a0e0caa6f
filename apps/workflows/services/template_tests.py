"""Test cases of templates: kept beside a draft, run on the pure core, and asked before a version is published."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import Conflict, NotFound
from apps.ledger.services import record, unit_of_work
from apps.workflows.choices import VersionStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.definition import Definition, SubflowStep
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.problems import TemplateProblem
from apps.workflows.engine.simulation.cases import MAX_TEXT
from apps.workflows.engine.simulation.running import SuiteResult, run_tests
from apps.workflows.exceptions import TemplateUnreadable, TextTooLong
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.calendars import TrialCalendars
from apps.workflows.selectors.templates import published_version

Json = dict[str, Any]
MAX_PROBLEMS = 50


def save_tests(*, template_key: str, number: int, tests: str, actor: Actor) -> TemplateVersion:
    """Keep the YAML of test cases with a draft; raise NotFound, Conflict if it is no draft, Invalid.

    The text may still have problems, as a draft may.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        if len(tests) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        versions = TemplateVersion.objects.select_for_update(of=("self",)).select_related("template")
        draft = versions.filter(template__key=template_key, number=number).first()
        if draft is None:
            raise NotFound("not_found", "There is no such version.")
        if draft.status != VersionStatus.DRAFT:
            raise Conflict(
                "no_draft", "Only a draft's tests can be changed. Save the template as a draft first."
            )
        draft.tests = tests
        draft.version += 1
        draft.save(update_fields=["tests", "version"])
        record("template_version.save_tests", draft, after={"template": template_key, "number": number})
        return draft


def run_version_tests(version: TemplateVersion, tests: str | None = None) -> SuiteResult:
    """Run the version's test cases, or those given instead; raise TemplateUnreadable if the template has errors."""
    definition = readable_definition(version)
    text = version.tests if tests is None else tests
    return run_tests(text, definition, subflow_definitions(definition), TrialCalendars())


def tests_problems(version: TemplateVersion) -> list[TemplateProblem]:
    """What keeps the version from being published: unreadable test cases, and those that are not green."""
    try:
        result = run_version_tests(version)
    except TemplateUnreadable:
        return []
    problems = [problem.to_json() for problem in result.suite.problems]
    return suite_problems(problems, [case.to_json() for case in result.results])


def suite_problems(problems: Iterable[Json], cases: Iterable[Json]) -> list[TemplateProblem]:
    """Return what a run of test cases has against a version: what cannot be read, and each expectation not met."""
    found = [
        TemplateProblem(
            f"test_{one['code']}",
            one["message"],
            f"tests.{one['path']}",
            one.get("line") or 0,
            one.get("column") or 0,
            one.get("remedy") or "",
        )
        for one in problems
    ]
    for case in cases:
        found.extend(
            TemplateProblem(
                "test_failed",
                f"Test “{case['name']}”: {one['message']}",
                f"tests.{one['path']}",
                one["line"],
                remedy="Mend the template, or the test where it expects the wrong thing.",
            )
            for one in case["differences"]
        )
    return found[:MAX_PROBLEMS]


def readable_definition(version: TemplateVersion) -> Definition:
    """The version compiled: as it was published, or a draft as it is written; raise TemplateUnreadable."""
    if version.definition:
        return definition_of(version)
    parsed = parse_template(version.source)
    if not parsed.is_valid:
        raise TemplateUnreadable
    return parsed.definition


def subflow_definitions(definition: Definition) -> Mapping[str, Definition]:
    """The published templates that a template runs, and those that they run."""
    found: dict[str, Definition] = {}
    wanted = _templates_of(definition)
    while wanted:
        key = wanted.pop()
        version = None if key in found else published_version(key)
        if version is not None:
            found[key] = definition_of(version)
            wanted |= _templates_of(found[key])
    return found


def _templates_of(definition: Definition) -> set[str]:
    steps = (place.step for place in definition.places.values())
    return {step.template for step in steps if isinstance(step, SubflowStep)}
