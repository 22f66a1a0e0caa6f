"""Shapes of bulk operations in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import BulkAbout, BulkItemState, BulkStatus

Shape = serializers.Serializer[Any]


class BulkIn(Shape):
    command = serializers.CharField(max_length=40, help_text="One of /api/v1/bulk-commands.")
    filter = ObjectField(
        help_text="As in the list of runs or exceptions, or {ids: [...]}: template, version, status, step, code, "
        "connection, older_than, search, subject; for exceptions also slot and owner_role."
    )
    parameters = ObjectField(required=False, help_text="What the command takes.")
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class BulkWhyIn(Shape):
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class BulkCountsOut(Shape):
    """How many items were in each state after the last portion."""

    unchecked = serializers.IntegerField(default=0)
    pending = serializers.IntegerField(default=0)
    done = serializers.IntegerField(default=0)
    refused = serializers.IntegerField(default=0)
    failed = serializers.IntegerField(default=0)
    left = serializers.IntegerField(default=0)

    def to_representation(self, instance: Any) -> dict[str, int]:
        return {state: int(instance.get(state, 0)) for state in BulkItemState.values}


class BulkOut(Shape):
    """One command for many runs or exceptions: looked at first, then done in portions."""

    id = serializers.UUIDField()
    command = serializers.CharField()
    about = serializers.ChoiceField(BulkAbout.choices)
    filter = ObjectField()
    parameters = ObjectField()
    reason = serializers.CharField()
    actor = ObjectField()
    status = serializers.ChoiceField(BulkStatus.choices)
    total = serializers.IntegerField()
    counts = BulkCountsOut()
    halted = serializers.CharField(help_text="Why it stopped by itself; empty if a person stopped it.")
    created_at = UtcDateTimeField()
    started_at = UtcDateTimeField(allow_null=True)
    finished_at = UtcDateTimeField(allow_null=True)


class BulkItemOut(Shape):
    """One run or exception of a bulk operation, and what came of it."""

    id = serializers.UUIDField()
    target = serializers.UUIDField()
    run = serializers.UUIDField(source="run_id", allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(BulkItemState.choices)
    note = serializers.CharField()
    why = serializers.CharField()
    details = ObjectField()
    done_at = UtcDateTimeField(allow_null=True)


class BulkCommandOut(Shape):
    """A command that can be given to many."""

    key = serializers.CharField()
    about = serializers.ChoiceField(BulkAbout.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    action = serializers.CharField(help_text="The scope it needs.")
    needs_reason = serializers.BooleanField()
