"""Shapes of who is asked and what somebody holds: passing on, hand-overs, coverage."""

from typing import Any

from rest_framework import serializers

from apps.approvals.api.absence_shapes import PersonOut
from apps.approvals.choices import FactKind, ForecastCause, HandOverStatus, HoldingKind, HoldingState
from apps.approvals.forecast import Gap
from apps.approvals.models import CoverageForecast, HandOver, RequestFact
from apps.core.api.fields import UtcDateTimeField

Shape = serializers.Serializer[Any]
_REASON = "Kept with it, and shown to those concerned."


class ReassignIn(Shape):
    from_user_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Who is asked now; yourself unless given."
    )
    to_user_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000, help_text=_REASON)


class AddApproverIn(Shape):
    to_user_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000, help_text=_REASON)


class RecallIn(Shape):
    reason = serializers.CharField(max_length=2000, help_text=_REASON)


class FactOut(serializers.Serializer[RequestFact]):
    """One thing that happened to a request besides decisions."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(FactKind.choices)
    stage = serializers.IntegerField(source="stage.index", allow_null=True, default=None)
    by = serializers.CharField(help_text="Empty: the policy.")
    reason = serializers.CharField()
    people = PersonOut(many=True, help_text="Who came in, or was reminded.")
    gone = PersonOut(many=True, help_text="Who is asked no longer.")
    at = UtcDateTimeField(source="created_at")


class HoldingOut(Shape):
    kind = serializers.ChoiceField(HoldingKind.choices)
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    since = UtcDateTimeField()
    due_at = UtcDateTimeField(allow_null=True)
    waits = serializers.BooleanField(help_text="Whether it waits for this person now.")
    alone = serializers.BooleanField(help_text="Whether it would wait for nobody without this person.")


class HoldingsOut(Shape):
    """All that somebody holds."""

    user = PersonOut()
    results = HoldingOut(source="things", many=True)
    named_by_policies = serializers.ListField(source="named_by", child=serializers.CharField())


class NewHandOver(Shape):
    from_user_id = serializers.UUIDField(help_text="Whose things are given away.")
    to_user_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000, help_text=_REASON)
    items = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=5_000,
        help_text="Ids of the things to give, as the person's holdings list them; none: everything.",
    )


class HandOverOut(serializers.Serializer[HandOver]):
    """What somebody held is given to somebody else."""

    id = serializers.UUIDField()
    from_user = PersonOut(source="giver")
    to_user = PersonOut(source="taker")
    reason = serializers.CharField()
    status = serializers.ChoiceField(HandOverStatus.choices)
    total = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many are in each state.")
    created_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(allow_null=True)


class HandOverItemOut(Shape):
    kind = serializers.ChoiceField(HoldingKind.choices)
    id = serializers.UUIDField(source="target")
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(HoldingState.choices)
    why = serializers.CharField()


class HandOverDetail(HandOverOut):
    items = HandOverItemOut(many=True, source="listed")


class NewForecast(Shape):
    policy = serializers.SlugField(
        max_length=80,
        required=False,
        default="",
        help_text="Look at this policy's newest version alone, a draft too.",
    )
    days = serializers.IntegerField(min_value=1, max_value=60, required=False, default=14)


class ConcernedOut(Shape):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class FindingOut(Shape):
    """One gap in one stage of one policy, with what to do about it."""

    gap = serializers.ChoiceField([gap.value for gap in Gap])
    grave = serializers.BooleanField(help_text="Whether work would stop.")
    policy = serializers.CharField()
    stage = serializers.CharField()
    asks = serializers.CharField()
    people = PersonOut(many=True, help_text="Who is left, or takes part in a ring or self-approval.")
    away = PersonOut(many=True)
    needed = serializers.IntegerField()
    since = serializers.CharField()
    count = serializers.IntegerField(help_text="How many approvals it concerns.")
    coming = serializers.BooleanField(help_text="Whether they are still on their way.")
    examples = ConcernedOut(many=True)
    message = serializers.CharField()
    fix = serializers.CharField()


class ForecastOut(serializers.Serializer[CoverageForecast]):
    """Whether there will be somebody for the approvals of the coming days."""

    id = serializers.UUIDField()
    scope = serializers.CharField(help_text="Empty: everything; or policy/<key>.")
    days = serializers.IntegerField()
    cause = serializers.ChoiceField(ForecastCause.choices)
    asked_by = serializers.CharField()
    checked = serializers.IntegerField(help_text="How many stages were looked at.")
    grave = serializers.IntegerField()
    findings = FindingOut(many=True)
    milliseconds = serializers.IntegerField()
    created_at = UtcDateTimeField()
