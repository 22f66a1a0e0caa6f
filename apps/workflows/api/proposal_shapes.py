"""Shapes of proposals in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import ProposalStatus

Shape = serializers.Serializer[Any]


class ProposalIn(Shape):
    output = ObjectField(
        help_text="What is proposed; it must fit the step's schema, the form of its user task."
    )
    confidence = serializers.FloatField(min_value=0, max_value=1, help_text="How sure you are, from 0 to 1.")
    rationale = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)


class DecisionIn(Shape):
    reason = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class ProposalOut(Shape):
    """A proposed output of a step; it moves the run only once it is accepted."""

    id = serializers.UUIDField()
    run = serializers.UUIDField(source="run_id")
    user_task = serializers.UUIDField(source="task_id")
    visit = serializers.CharField()
    output = ObjectField()
    confidence = serializers.FloatField()
    rationale = serializers.CharField()
    proposed_by = ObjectField()
    status = serializers.ChoiceField(ProposalStatus.choices)
    decided_by = serializers.CharField()
    decided_at = UtcDateTimeField(allow_null=True)
    reason = serializers.CharField()
    created_at = UtcDateTimeField()


class ProposalFilters(Shape):
    status = serializers.ChoiceField(ProposalStatus.choices, required=False)
    run = serializers.UUIDField(required=False)
    task = serializers.UUIDField(required=False, help_text="Id of the user task.")
