"""Shapes of what people do to runs, and of pauses, in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.api.serializers import ReasonIn
from apps.workflows.choices import PauseParty, PauseScope

Shape = serializers.Serializer[Any]


class MaybeReasonIn(Shape):
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class StepRetryIn(ReasonIn):
    input = ObjectField(required=False, help_text="Replaces the step's input.")
    epoch = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Only this try is repeated."
    )


class StepSkipIn(ReasonIn):
    output = ObjectField(required=False, help_text="What steps after it find as its output.")


class StepReassignIn(ReasonIn):
    role = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    user = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")


class StepAnswerIn(ReasonIn):
    event = ObjectField(
        required=False,
        allow_null=True,
        help_text="Data of the event it waits for; left out: the time it waits for has passed.",
    )


class RunJumpIn(ReasonIn):
    step = serializers.CharField(max_length=80)
    visits = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="How often you saw it visited."
    )


class RunReplayIn(ReasonIn):
    step = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="Left out: from the beginning."
    )
    version = serializers.ChoiceField(["same", "newest"], required=False, default="same")
    input = ObjectField(required=False, help_text="Replaces the run's input.")


class PauseIn(ReasonIn):
    party = serializers.ChoiceField(
        PauseParty.choices,
        required=False,
        default=PauseParty.US,
        help_text="Whose time the pause is: service levels that stop for this party stand still.",
    )


class PauseOut(Shape):
    """One pause: what it stops, who began it, why, and since when."""

    id = serializers.UUIDField()
    scope = serializers.ChoiceField(PauseScope.choices)
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()
    party = serializers.ChoiceField(
        PauseParty.choices, help_text="Whose time it is; without effect for a connection."
    )
    began_by = ObjectField()
    since = UtcDateTimeField(source="created_at")
    ended_at = UtcDateTimeField(allow_null=True)
    ended_by = ObjectField()
    end_reason = serializers.CharField()
