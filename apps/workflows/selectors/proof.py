"""Reads of back-tests and of kept simulations."""

from uuid import UUID

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.workflows.models import Backtest, BacktestRun, WorkflowTemplate


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
