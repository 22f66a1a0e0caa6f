"""Trying a template out: simulations that are kept, back-tests over recorded runs, runs of many test cases."""

from django.db import models

from apps.core.ids import new_id
from apps.core.models import Entity, StatusField
from apps.workflows.choices import BacktestStatus
from apps.workflows.models.templates import WorkflowTemplate


class Scenario(Entity):
    """A simulation as it was clicked through: how it began, and each move. The run itself is never stored.

    ``begin`` holds input, event, subject and the start time; ``moves`` what was answered and how the clock was moved;
    ``calendars`` those of the moment it was begun, in which it counts from then on.
    """

    template = models.ForeignKey(WorkflowTemplate, on_delete=models.CASCADE, related_name="scenarios")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160, blank=True)
    begin = models.JSONField(default=dict)
    moves = models.JSONField(default=list)
    calendars = models.JSONField(default=dict, db_default={})
    made_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "simulation"
        indexes = (models.Index(fields=["template", "-changed_at"], name="scenario_template"),)


class Backtest(Entity):
    """Recorded runs of a window, run again under one version of their template.

    ``source`` is the version's text as it was asked for; runs begun from ``since`` up to ``until`` are taken, the
    oldest first, and ``last_run`` is the latest one done. ``policies`` are the approval policies it goes by (copies by
    key, with their ``origin``). ``summary`` adds up what differs; ``actor`` is who asked.
    """

    template = models.ForeignKey(WorkflowTemplate, on_delete=models.CASCADE, related_name="backtests")
    number = models.PositiveIntegerField()
    source = models.TextField()
    policies = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField()
    status = StatusField(choices=BacktestStatus.choices, default=BacktestStatus.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    affected = models.PositiveIntegerField(default=0)
    last_run = models.UUIDField(null=True)
    summary = models.JSONField(default=dict)
    actor = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "backtest"
        indexes = (models.Index(fields=["template", "-id"], name="backtest_template"),)


class BacktestRun(models.Model):
    """One run that would have gone another way; ``kinds`` are the kinds of its ``differences``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="runs")
    run_id = models.UUIDField()
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    kinds = models.JSONField(default=list)
    differences = models.JSONField(default=list)

    class Meta:
        verbose_name = "back-tested run"
        constraints = (models.UniqueConstraint(fields=["backtest", "run_id"], name="backtested_once"),)


class SuiteRun(Entity):
    """One run of a version's test cases, in portions.

    ``source`` and ``tests`` are the texts as they were asked for, ``digest`` is the same for the same ones. ``problems`` say
    what cannot be read; else ``results`` holds what came of each of the first ``done`` of ``total`` cases, ``coverage``
    how many came to each step and took each way.
    """

    template = models.ForeignKey(WorkflowTemplate, on_delete=models.CASCADE, related_name="suite_runs")
    number = models.PositiveIntegerField()
    source = models.TextField()
    tests = models.TextField()
    digest = models.CharField(max_length=64)
    status = StatusField(choices=BacktestStatus.choices, default=BacktestStatus.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    results = models.JSONField(default=list)
    coverage = models.JSONField(default=dict)
    actor = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "run of test cases"
        verbose_name_plural = "runs of test cases"
        indexes = (models.Index(fields=["template", "digest"], name="suite_run_digest"),)
