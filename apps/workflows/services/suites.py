"""Long sets of test cases run as work in portions: what came of each case is kept, and what they cover."""

import time
from collections.abc import Sequence
from typing import Any

import structlog

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.workflows.choices import BacktestStatus
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.simulation.cases import MAX_TEXT, Case, Suite, read_suite
from apps.workflows.engine.simulation.coverage import add_coverage, coverage_json, measure_coverage
from apps.workflows.engine.simulation.judging import Difference
from apps.workflows.engine.simulation.running import CaseResult, run_case
from apps.workflows.exceptions import TextTooLong
from apps.workflows.models import SuiteRun
from apps.workflows.selectors.calendars import TrialCalendars
from apps.workflows.selectors.proof import OPEN, suite_digest
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.kinds import SUITE_KIND
from apps.workflows.services.template_tests import readable_definition, subflow_definitions

log = structlog.get_logger(__name__)
Json = dict[str, Any]

AT_ONCE = 50
"""More cases than these are run as work, not while somebody waits for a page."""
PORTION_SECONDS = 4.0
KEPT = 10
"""Results of a template that are kept; older ones are dropped."""
_ACTOR = Actor.system("template tests")


def is_long(tests: str) -> bool:
    """Whether a text has more cases than are run at once, told without reading it: each case says what it expects."""
    return tests.count("expect") > AT_ONCE


def start_suite(*, template_key: str, number: int, actor: Actor, tests: str | None = None) -> SuiteRun:
    """Have the test cases of a version (or those given instead) run; asked twice for the same it is one run.

    Raises NotFound, TemplateUnreadable, TextTooLong and Forbidden.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:read")
        version = get_version(template_key, number)
        readable_definition(version)
        text = version.tests if tests is None else tests
        if len(text) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        rows = SuiteRun.objects.filter(template=version.template)
        digest = suite_digest(version, text)
        under_way = rows.filter(digest=digest, status__in=OPEN).first()
        if under_way is not None:
            return under_way
        rows.filter(pk__in=list(rows.order_by("-id").values_list("id", flat=True)[KEPT - 1 :])).delete()
        suite = SuiteRun(
            template=version.template,
            number=number,
            source=version.source,
            tests=text,
            digest=digest,
            actor=actor.to_json(),
        )
        suite.save(force_insert=True)
        record("suite.start", suite, after={"template": template_key, "number": number})
        enqueue(WorkItemSpec(SUITE_KIND, suite.id))
        return suite


def go_on(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Run the next portion of each suite the items refer to; bears running twice."""
    for item in items:
        suite = SuiteRun.objects.select_related("template").filter(pk=item.ref, status__in=OPEN).first()
        found = None if suite is None else _run_portion(suite)
        with unit_of_work(_ACTOR):
            finish([item])
            if suite is not None and found is not None and _write(suite, found):
                enqueue(WorkItemSpec(SUITE_KIND, suite.id))
    return {}


def definition_of_suite(suite: SuiteRun) -> Definition:
    """Return the version as it was when its cases were asked to run."""
    return parse_template(suite.source).definition


def _run_portion(suite: SuiteRun) -> tuple[Suite, list[CaseResult]]:
    """Run cases until the time is over, at least one."""
    definition, ends = definition_of_suite(suite), time.monotonic() + PORTION_SECONDS
    read = read_suite(suite.tests, definition)
    results: list[CaseResult] = []
    subflows, calendars = subflow_definitions(definition), TrialCalendars()
    for case in read.cases[suite.done :] if read.is_valid else ():
        try:
            results.append(run_case(case, definition, subflows, read, calendars))
        except Exception as error:
            # One strange case must not keep the others from being run.
            log.exception("suite.case_failed", suite=str(suite.id), case=case.name)
            results.append(_broken(case, error))
        if time.monotonic() > ends:
            break
    return read, results


def _broken(case: Case, error: Exception) -> CaseResult:
    message = f"The case could not be run ({type(error).__name__})."
    return CaseResult(case.name, case.line, (Difference("script", message, case.path),))


def _write(suite: SuiteRun, found: tuple[Suite, list[CaseResult]]) -> bool:
    """Keep what a portion has found; return whether there is more to run. Another worker's portion wins."""
    read, results = found
    rows = SuiteRun.objects.select_for_update(of=("self",)).select_related("template")
    held = rows.filter(pk=suite.pk, status__in=OPEN, done=suite.done).first()
    if held is None:
        return False
    definition = definition_of_suite(held)
    covered = measure_coverage(definition, (result.history for result in results))
    held.total = len(read.cases) if read.is_valid else 0
    held.problems = [problem.to_json() for problem in read.problems]
    held.results = [*held.results, *(result.to_json() for result in results)]
    held.coverage = add_coverage(held.coverage, coverage_json(covered))
    held.done += len(results)
    held.failed += sum(not result.passed for result in results)
    held.save(update_fields=["total", "problems", "results", "coverage", "done", "failed"])
    if held.status == BacktestStatus.WAITING:
        transition(held, "begin")
    if held.done < held.total:
        return True
    transition(held, "finish", fields={"finished_at": now()})
    return False
