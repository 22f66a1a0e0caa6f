"""Shapes of back-tests in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import BacktestStatus
from apps.workflows.engine.simulation.comparing import KINDS

Shape = serializers.Serializer[Any]


class BacktestIn(Shape):
    """Which version to try, over which runs: those begun from ``since`` up to ``until``."""

    version = serializers.IntegerField(min_value=1, max_value=1_000_000)
    since = UtcDateTimeField()
    until = UtcDateTimeField()


class BacktestOut(Shape):
    """Recorded runs, run again under one version; ``affected`` of the ``done`` would have gone another way.

    ``summary`` adds up what differs: ``kinds`` (runs by kind), ``approvals_added``, ``approvals_gone``,
    ``blocks_added``, ``blocks_gone``, ``outcomes``, ``outputs`` and ``unanswered`` (each with ``count`` and
    ``samples``, ids of runs) and ``elapsed``.
    """

    id = serializers.UUIDField()
    template = serializers.CharField(source="template.key")
    version = serializers.IntegerField(source="number")
    since = UtcDateTimeField()
    until = UtcDateTimeField()
    status = serializers.ChoiceField(BacktestStatus.choices)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    affected = serializers.IntegerField()
    summary = ObjectField()
    actor = ObjectField()
    created_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(allow_null=True)


class BacktestRunFilters(Shape):
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only runs with this kind of difference.")


class BacktestRunOut(Shape):
    """One run that would have gone another way: each difference has its ``kind``, and what belongs to it."""

    run = serializers.UUIDField(source="run_id")
    name = serializers.CharField()
    version = serializers.IntegerField(help_text="The version it followed.")
    kinds = serializers.ListField(child=serializers.CharField())
    differences = serializers.ListField(child=ObjectField())
