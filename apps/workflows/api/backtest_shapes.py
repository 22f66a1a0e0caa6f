"""Shapes of back-tests in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import BacktestStatus, PolicyOrigin
from apps.workflows.engine.simulation.comparing import KINDS

Shape = serializers.Serializer[Any]


class BacktestIn(Shape):
    """Which version to try, over which runs: those begun from ``since`` up to ``until``."""

    version = serializers.IntegerField(min_value=1, max_value=1_000_000)
    since = UtcDateTimeField()
    until = UtcDateTimeField()
    policies = serializers.ChoiceField(
        ["drafts", "live"],
        default="drafts",
        help_text="Whether a draft goes by the drafts of its approval policies, where there are any.",
    )


class PolicyUsedOut(Shape):
    """An approval policy a back-test went by."""

    key = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField(source="number")
    origin = serializers.ChoiceField(
        PolicyOrigin.choices, help_text="A draft, the one in use, or the copy that the version holds."
    )


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
    policies = serializers.SerializerMethodField()
    actor = ObjectField()
    created_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(allow_null=True)

    @extend_schema_field(PolicyUsedOut(many=True))
    def get_policies(self, row: Any) -> list[dict[str, Any]]:
        """Which version of each approval policy it goes by."""
        used = [{"key": key, **copy} for key, copy in sorted(row.policies.items())]
        return [dict(one) for one in PolicyUsedOut(used, many=True).data]


class BacktestRunFilters(Shape):
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only runs with this kind of difference.")


class BacktestRunOut(Shape):
    """One run that would have gone another way: each difference has its ``kind``, and what belongs to it."""

    run = serializers.UUIDField(source="run_id")
    name = serializers.CharField()
    version = serializers.IntegerField(help_text="The version it followed.")
    kinds = serializers.ListField(child=serializers.CharField())
    differences = serializers.ListField(child=ObjectField())
