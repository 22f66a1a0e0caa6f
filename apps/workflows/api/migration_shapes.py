"""Shapes of migrations in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField
from apps.workflows.api.bulk_shapes import BulkCountsOut, BulkOut
from apps.workflows.selectors.migrations import REVERT, count_at_once, count_verdicts

Shape = serializers.Serializer[Any]
_LAST_NUMBER = 2**31 - 1


class _Versions(Shape):
    from_version = serializers.IntegerField(
        min_value=1, max_value=_LAST_NUMBER, help_text="The version left."
    )
    to_version = serializers.IntegerField(
        min_value=1,
        max_value=_LAST_NUMBER,
        help_text="The version the runs go on under; it must have been published.",
    )


class ProposalFilters(_Versions):
    """Which two versions."""


class StepPairOut(Shape):
    """One step of the version left, and the step proposed to take its place (null: none has the same meaning)."""

    step = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    counterpart = serializers.CharField(allow_null=True)
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that differ between the two."
    )
    standing = serializers.IntegerField(help_text="Runs that stand at the step now.")


class ProposalOut(Shape):
    """A mapping of steps, proposed: the same id, else the same name, else the same place; always of the same kind."""

    from_version = serializers.IntegerField()
    to_version = serializers.IntegerField()
    steps = StepPairOut(many=True)
    fresh = serializers.ListField(child=serializers.CharField(), help_text="Steps only the new version has.")


class MigrationIn(_Versions):
    steps = ObjectField(
        required=False, help_text="Old step id to new step id or null; steps left out are mapped as proposed."
    )
    go_on = ObjectField(
        required=False,
        help_text="For open steps without counterpart: old step id to the new step to go on at.",
    )
    input = ObjectField(required=False, help_text="Inputs for runs that lack them; '= ...' is an expression.")
    vars = ObjectField(required=False, help_text="Variables for runs that lack them.")
    outputs = ObjectField(required=False, help_text="Outputs of new steps the runs have passed, by step id.")
    filter = ObjectField(
        required=False, help_text="Only these runs: as in the list of runs, or {ids: [...]}."
    )
    reason = serializers.CharField(max_length=2000)
    dry_run = serializers.BooleanField(
        default=True,
        help_text="True: only look at each run. False: start as soon as all have been looked at.",
    )


class ReturnIn(Shape):
    reason = serializers.CharField(max_length=2000)
    dry_run = serializers.BooleanField(default=True)


class VerdictCountsOut(Shape):
    """How many runs were judged how when they were looked at."""

    compatible = serializers.IntegerField()
    needs_input = serializers.IntegerField()
    blocked = serializers.IntegerField()

    def to_representation(self, instance: Any) -> dict[str, int]:
        return {kind: int(instance.get(kind, 0)) for kind in ("compatible", "needs_input", "blocked")}


class MigrationOut(BulkOut):
    """The migration of a template's runs to another version, or (``takes_back`` set) the way back."""

    template = serializers.CharField(source="parameters.template")
    from_version = serializers.IntegerField(source="parameters.from")
    to_version = serializers.IntegerField(source="parameters.to")
    plan = ObjectField(source="parameters.plan")
    takes_back = serializers.SerializerMethodField()
    counts = BulkCountsOut()

    def get_takes_back(self, operation: Any) -> str | None:
        return operation.parameters.get("migration") if operation.command == REVERT else None


class MigrationDetailOut(MigrationOut):
    """A migration with the verdicts on its runs."""

    verdicts = serializers.SerializerMethodField()
    at_once = serializers.SerializerMethodField()

    def get_at_once(self, operation: Any) -> int:
        """For how many runs that can follow a time is past by the new version, so that it takes effect at once."""
        return count_at_once(operation.id)

    def get_verdicts(self, operation: Any) -> dict[str, int]:
        return VerdictCountsOut(count_verdicts(operation.id)).data
