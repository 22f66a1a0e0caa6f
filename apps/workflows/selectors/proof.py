"""Reads of back-tests, of kept simulations, and of runs of long sets of test cases."""

import hashlib
from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.workflows.choices import BacktestStatus
from apps.workflows.models import (
    Backtest,
    BacktestRun,
    Scenario,
    SuiteRun,
    TemplateVersion,
    WorkflowTemplate,
)

OPEN = (BacktestStatus.WAITING, BacktestStatus.RUNNING)
"""States of a back-test or of a run of test cases that is not over."""


def list_backtests(template_key: str) -> QuerySet[Backtest]:
    """Return the back-tests of a template without their texts; raise NotFound for an unknown template."""
    if not WorkflowTemplate.objects.filter(key=template_key).exists():
        raise NotFound("not_found", "There is no such workflow template.")
    return Backtest.objects.filter(template__key=template_key).select_related("template").defer("source")


def get_backtest(template_key: str, backtest_id: UUID) -> Backtest:
    """Return one back-test; raise NotFound."""
    row = list_backtests(template_key).filter(pk=backtest_id).first()
    if row is None:
        raise NotFound("not_found", "There is no such back-test.")
    return row


def list_backtest_runs(backtest: Backtest, *, kind: str = "") -> QuerySet[BacktestRun]:
    """Return the runs that would have gone another way, those with one kind of difference if asked."""
    rows = BacktestRun.objects.filter(backtest=backtest)
    return rows.filter(kinds__contains=[kind]) if kind else rows


def list_scenarios(template_key: str) -> QuerySet[Scenario]:
    """Return the simulations of a template that have a name, the latest first, without their moves."""
    rows = Scenario.objects.filter(template__key=template_key).exclude(name="")
    return rows.defer("begin", "moves").order_by("-changed_at")


def get_scenario(template_key: str, scenario_id: UUID) -> Scenario:
    """Return one simulation; raise NotFound."""
    rows = Scenario.objects.select_related("template").filter(template__key=template_key)
    scenario = rows.filter(pk=scenario_id).first()
    if scenario is None:
        raise NotFound("not_found", "There is no such simulation.")
    return scenario


def suite_digest(version: TemplateVersion, tests: str) -> str:
    """Return the same text for the same template text with the same cases."""
    return hashlib.sha256(f"{version.number}\0{version.source}\0{tests}".encode()).hexdigest()


def latest_suite(version: TemplateVersion, tests: str) -> SuiteRun | None:
    """Return the newest run of these cases under the version as it is written now, also one under way."""
    rows = SuiteRun.objects.select_related("template").filter(template=version.template)
    return rows.filter(digest=suite_digest(version, tests)).order_by("-id").first()


def get_suite(version: TemplateVersion, suite_id: UUID) -> SuiteRun:
    """Return one run of a version's test cases; raise NotFound."""
    rows = SuiteRun.objects.select_related("template").filter(template=version.template)
    suite = rows.filter(pk=suite_id, number=version.number).first()
    if suite is None:
        raise NotFound("not_found", "There is no such run of these test cases.")
    return suite
