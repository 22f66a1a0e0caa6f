"""Shapes of approvals and policies."""

from typing import Any

from rest_framework import serializers

from apps.approvals.choices import DecisionOutcome, PolicyStatus, RequestStatus
from apps.approvals.evidence import digest
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.requests import people_of
from apps.core.api.fields import MoneyField, ObjectField, UtcDateTimeField
from apps.core.money import Money

_SAME_AS = {"approve": DecisionOutcome.APPROVED.value, "reject": DecisionOutcome.REJECTED.value}


class PersonShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class StageShape(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()
    needed = serializers.IntegerField(help_text="How many of the candidates must approve.")
    candidates = PersonShape(many=True)
    rule = ObjectField()
    reason = serializers.CharField(
        help_text="The condition under which the stage is asked, or why it is not."
    )


class DecisionShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    stage = serializers.IntegerField(source="stage.index")
    user_id = serializers.UUIDField()
    decided_by = serializers.CharField(source="user_label")
    outcome = serializers.CharField()
    comment = serializers.CharField()
    show_hash = serializers.CharField()
    how = serializers.CharField()
    on_behalf_of = ObjectField(allow_null=True)
    record_hash = serializers.CharField(help_text="SHA-256 of the record that the evidence holds.")
    at = UtcDateTimeField(source="created_at")


class RequestShape(serializers.Serializer[ApprovalRequest]):
    """One request in a list."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    about = serializers.CharField()
    status = serializers.ChoiceField(RequestStatus.choices)
    run_id = serializers.UUIDField()
    subject = serializers.CharField()
    policy = serializers.CharField(source="policy_key")
    policy_version = serializers.IntegerField(source="policy_number", allow_null=True)
    requested_by = serializers.CharField(source="requested_by_label")
    amount = serializers.SerializerMethodField()
    stage = serializers.IntegerField()
    waiting_for = serializers.SerializerMethodField()
    due_at = UtcDateTimeField(allow_null=True)
    created_at = UtcDateTimeField()
    decided_at = UtcDateTimeField(allow_null=True)

    def get_amount(self, request: ApprovalRequest) -> MoneyField(allow_null=True):  # type: ignore[valid-type]
        return Money(request.amount, request.currency).to_json() if request.amount is not None else None

    def get_waiting_for(self, request: ApprovalRequest) -> PersonShape(many=True):  # type: ignore[valid-type]
        return people_of(request)


class RequestDetail(RequestShape):
    """One request with all that an approver needs."""

    show = ObjectField()
    show_hash = serializers.CharField(help_text="Send it with the decision, to decide on what you have seen.")
    stages = StageShape(many=True)
    decisions = DecisionShape(many=True)


class RequestView(RequestDetail):
    """One request as its approver sees it; ``view`` is in the context."""

    view = serializers.SerializerMethodField(
        help_text="All there is to decide on, documents and policy included."
    )
    view_hash = serializers.SerializerMethodField(help_text="SHA-256 of the canonical JSON of `view`.")

    def get_view(self, request: ApprovalRequest) -> ObjectField():  # type: ignore[valid-type]
        return self.context["view"]

    def get_view_hash(self, request: ApprovalRequest) -> str:
        return digest(self.context["view"])


class RequestFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(RequestStatus.choices, required=False)
    mine = serializers.BooleanField(required=False, default=False, help_text="Only what waits for you.")
    requested_by_me = serializers.BooleanField(required=False, default=False)
    decided_by_me = serializers.BooleanField(required=False, default=False)
    run_id = serializers.UUIDField(required=False)
    policy = serializers.CharField(max_length=80, required=False)


class NewDecision(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(
        [*DecisionOutcome.values, *_SAME_AS],
        help_text="`approve` and `reject` are read as `approved` and `rejected`.",
    )
    comment = serializers.CharField(
        max_length=4000, required=False, default="", allow_blank=True, help_text="Needed for a rejection."
    )
    show_hash = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        default=None,
        help_text="Of the values you saw; 409 if they have changed.",
    )
    view_hash = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        default=None,
        help_text="Of all you saw, documents and policy included; 409 if anything has changed.",
    )

    def validate_outcome(self, value: str) -> str:
        return _SAME_AS.get(value, value)


class PolicyShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField()
    version = serializers.IntegerField(source="number")
    name = serializers.CharField()
    status = serializers.ChoiceField(PolicyStatus.choices)
    definition = ObjectField()
    digest = serializers.CharField(help_text="SHA-256 of the definition's canonical JSON.")
    published_at = UtcDateTimeField(allow_null=True)
    published_by = serializers.CharField()


class PolicyFilters(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=80, required=False)
    status = serializers.ChoiceField(PolicyStatus.choices, required=False)
