"""Shapes of bundles and of the ranking of templates in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField

Shape = serializers.Serializer[Any]


class BundleOut(Shape):
    """A version with everything it holds, hashed and signed for workspaces of the same partner."""

    bundle = serializers.IntegerField(help_text="Format of the bundle.")
    key = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    tests = serializers.CharField()
    parts = ObjectField()
    slots = ObjectField(help_text="Connection slots to bind, by name; never connections.")
    exported_at = serializers.CharField()
    hash = serializers.CharField()
    signature = ObjectField()


class ImportIn(Shape):
    bundle = ObjectField(help_text="As exported.")
    choices = serializers.DictField(
        child=serializers.ChoiceField(["mine", "theirs"]),
        required=False,
        default=dict,
        help_text="By id of a conflict.",
    )
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Say what would happen; change nothing."
    )


class SlotStateOut(Shape):
    """A connection slot of a bundle, and whether its connection here answers."""

    slot = serializers.CharField()
    connector = serializers.CharField()
    ok = serializers.BooleanField()
    code = serializers.CharField()
    message = serializers.CharField()


class ImportConflictOut(Shape):
    """Something that was changed here and in the bundle."""

    id = serializers.CharField()
    words = serializers.CharField()
    mine = serializers.JSONField(allow_null=True)
    theirs = serializers.JSONField(allow_null=True)


class ImportOut(Shape):
    """What an import did or, as a dry run, would do."""

    template = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="Number of the draft; null for a dry run.")
    ready = serializers.BooleanField()
    slots = SlotStateOut(many=True)
    conflicts = ImportConflictOut(many=True)
    installed = serializers.ListField(child=serializers.CharField(), help_text="Parts brought in.")
    kept = serializers.ListField(child=serializers.CharField(), help_text="Parts left as they are here.")


class RankedOut(Shape):
    """A template in use: what was measured, and what follows from it; value and risk run from 0 to 100."""

    key = serializers.CharField()
    name = serializers.CharField()
    classification = ObjectField()
    runs = serializers.IntegerField(source="measured.runs")
    exception_rate = serializers.FloatField(source="measured.exception_rate", help_text="Share, 0 to 1.")
    manual_minutes_per_run = serializers.FloatField(
        source="measured.minutes_per_run", help_text="Minutes that work lay with people."
    )
    value = serializers.FloatField()
    risk = serializers.FloatField()
    advice = serializers.CharField()


class RankingOut(Shape):
    """The templates in use, the most worthwhile first."""

    days = serializers.IntegerField()
    templates = RankedOut(many=True)
