"""Shapes of approvals and policies."""

from typing import Any

from rest_framework import serializers

from apps.accounts.choices import STAFF_ROLES
from apps.approvals.answers import MAX_TEXT, Condition
from apps.approvals.api.people_shapes import ForecastOut
from apps.approvals.choices import DecisionOutcome, PolicyStatus, RequestStatus
from apps.approvals.evidence import digest
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.conditions import conditions_of
from apps.approvals.selectors.requests import people_of
from apps.approvals.step_up import DECISION_KINDS
from apps.core.api.fields import MoneyField, ObjectField, UtcDateTimeField
from apps.core.api.shapes import represent_all
from apps.core.money import Money

_SAME_AS = {
    "approve": DecisionOutcome.APPROVED.value,
    "reject": DecisionOutcome.REJECTED.value,
    "request_changes": DecisionOutcome.CHANGES.value,
    "abstain": DecisionOutcome.ABSTAINED.value,
}
_INTERNAL = ("run_id", "subject", "policy", "policy_version", "waiting_for", "requested_by")


class PersonShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class WaitedForShape(PersonShape):
    stands_in_for = serializers.ListField(
        child=serializers.CharField(), default=list, help_text="In whose place this person decides, by name."
    )


class AskedShape(PersonShape):
    why = serializers.SerializerMethodField(help_text="The rule that names this person, in words.")

    def get_why(self, person: dict[str, Any]) -> str:
        return str(person.get("why", ""))


class LeftOutShape(PersonShape):
    reason = serializers.CharField(help_text="Why this person is not asked though the policy names him.")


class StageShape(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()
    needed = serializers.IntegerField(help_text="How many of the candidates must approve.")
    candidates = AskedShape(many=True)
    left_out = LeftOutShape(many=True)
    rule = ObjectField()
    step_up = serializers.SerializerMethodField(
        help_text="Why who decides must confirm that it is him (see `step-up`); empty if he need not."
    )
    decided_by_rule = ObjectField(
        allow_null=True, help_text="The rule of the policy that approved the stage, where nobody was asked."
    )
    reason = serializers.CharField(
        help_text="The condition under which the stage is asked, or why it is not."
    )

    def get_step_up(self, stage: Any) -> str:
        return str(stage.rule.get("step_up") or "")


class DecisionShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    stage = serializers.IntegerField(source="stage.index")
    user_id = serializers.UUIDField()
    decided_by = serializers.CharField(source="user_label")
    outcome = serializers.CharField()
    comment = serializers.CharField()
    conditions = serializers.ListField(child=ObjectField())
    remarks = ObjectField(help_text="What has to change, by member of `show`.")
    corrections = ObjectField(help_text="Members of `show` that were corrected, with `before` and `after`.")
    show_hash = serializers.CharField(help_text="Of what was shown before any correction.")
    how = serializers.CharField()
    on_behalf_of = ObjectField(
        allow_null=True, help_text="Whose vote it is (`id`, `label`), where it was cast for another."
    )
    confirmed_by = serializers.CharField(
        help_text="By what the decider proved himself for this decision: `totp`, `passkey`, `mail_code`, or empty."
    )
    record_hash = serializers.CharField(help_text="SHA-256 of the record that the evidence holds.")
    at = UtcDateTimeField(source="created_at")


class ConditionShape(serializers.Serializer[Any]):
    """A condition under which a request was approved, as a task of the run."""

    user_task_id = serializers.UUIDField(source="id")
    text = serializers.SerializerMethodField()
    assignee_role = serializers.CharField()
    assignee_user = serializers.CharField()
    due_at = UtcDateTimeField(allow_null=True)
    status = serializers.CharField(help_text="open, completed or cancelled.")

    def get_text(self, task: Any) -> str:
        return str(task.show.get("condition", task.title))


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

    def get_waiting_for(self, request: ApprovalRequest) -> WaitedForShape(many=True):  # type: ignore[valid-type]
        return [{"stands_in_for": [], **person} for person in people_of(request)]


class RequestDetail(RequestShape):
    """One request with all that an approver needs."""

    show = ObjectField()
    show_hash = serializers.CharField(help_text="Send it with the decision, to decide on what you have seen.")
    editable = serializers.ListField(
        child=serializers.CharField(), help_text="The members of `show` that an approver may correct."
    )
    prepared_by = PersonShape(many=True)
    decided_by_rule = ObjectField(
        allow_null=True, help_text="The rule of the policy that approved it, where nobody was asked."
    )
    stages = StageShape(many=True)
    decisions = DecisionShape(many=True)
    conditions = serializers.SerializerMethodField()

    def get_conditions(self, request: ApprovalRequest) -> ConditionShape(many=True):  # type: ignore[valid-type]
        return represent_all(ConditionShape, conditions_of(request))


class ContactRequestShape(RequestShape):
    """What one of a customer's people sees of a request that asks him: not who else is asked, nor what they wrote."""

    show = ObjectField()
    show_hash = serializers.CharField()
    editable = serializers.ListField(child=serializers.CharField())
    decisions = serializers.SerializerMethodField()

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name in _INTERNAL:
            fields.pop(name)
        return fields

    def get_decisions(self, request: ApprovalRequest) -> DecisionShape(many=True):  # type: ignore[valid-type]
        own = self.context["actor"].user_id
        mine = [row for row in request.decisions.all() if str(row.user_id) == own]
        return represent_all(DecisionShape, mine)


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


class NewCondition(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MAX_TEXT, help_text="What must still be done.")
    role = serializers.ChoiceField(
        sorted(STAFF_ROLES), required=False, default="", allow_blank=True, help_text="Whose task it is."
    )
    user = serializers.UUIDField(required=False, help_text="Whose task it is, if one person's.")
    due = serializers.DateField(required=False, help_text="By the end of this day.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("role") and attrs.get("user"):
            raise serializers.ValidationError({"role": "Name either a role or a person."}, code="one_of")
        return attrs


class NewDecision(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(
        [*DecisionOutcome.values, *_SAME_AS],
        help_text="`approve`, `reject`, `request_changes` and `abstain` are read as `approved`, `rejected`, "
        "`changes_requested` and `abstained`.",
    )
    comment = serializers.CharField(
        max_length=4000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed for a rejection, and for a request for changes without remarks.",
    )
    conditions = NewCondition(
        many=True, required=False, help_text="With an approval: what must still be done; each becomes a task."
    )
    remarks = serializers.DictField(
        child=serializers.CharField(max_length=MAX_TEXT),
        required=False,
        help_text="With a request for changes: what has to change, by member of `show`.",
    )
    corrections = ObjectField(
        required=False, help_text="With an approval: new values of members of `show` that are `editable`."
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

    step_up = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The proof that `step-up` gave."
    )

    def validate_outcome(self, value: str) -> str:
        return _SAME_AS.get(value, value)

    def validate_conditions(self, value: list[dict[str, Any]]) -> list[Condition]:
        return [_condition(given) for given in value]


def _condition(given: dict[str, Any]) -> Condition:
    user, due = given.get("user"), given.get("due")
    return Condition(given["text"], given["role"], str(user) if user else "", due.isoformat() if due else "")


class StepUpCode(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20, help_text="Of your authenticator app. It works once.")
    show_hash = serializers.CharField(max_length=64, help_text="Of the values you are about to decide on.")


class StepUpShape(serializers.Serializer[Any]):
    """A proof that it is you: for this approval as it shows itself, once."""

    step_up = serializers.UUIDField(source="id", help_text="Send it with the decision.")
    method = serializers.CharField()
    expires_at = UtcDateTimeField()


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


class PublishIn(serializers.Serializer[Any]):
    stop_at_gaps = serializers.BooleanField(
        default=False,
        help_text="Publish nothing if the forecast for the draft finds a gap (`coverage_gaps`).",
    )


class PublishedPolicy(PolicyShape):
    coverage = ForecastOut(help_text="What the forecast made just before found.")


class PolicyFilters(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=80, required=False)
    status = serializers.ChoiceField(PolicyStatus.choices, required=False)


class NewPolicy(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=160)
    definition = ObjectField(help_text="In the format of `/api/v1/approval-policies/schema`.")


class PolicySample(serializers.Serializer[Any]):
    """A sample: an earlier request, or what a step would hand over."""

    definition = ObjectField(required=False, help_text="What to try; without it the version in use of `key`.")
    key = serializers.SlugField(max_length=80, required=False)
    approval_id = serializers.UUIDField(required=False, help_text="Take the sample from this request.")
    show = ObjectField(required=False, help_text="What the approver would see; it goes before the request's.")
    subject = ObjectField(required=False)
    requested_by = serializers.UUIDField(required=False)
    prepared_by = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=20)
    decides = serializers.ListField(
        child=serializers.ChoiceField(DECISION_KINDS),
        required=False,
        max_length=3,
        help_text="What kind of decision it is.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("definition" in attrs) == ("key" in attrs):
            raise serializers.ValidationError({"definition": "Send either definition or key."}, code="one_of")
        return attrs


class TriedStage(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.ChoiceField(["asked", "skipped", "approved_by_rule"])
    reason = serializers.CharField()
    asks_for = serializers.CharField(help_text="Whom the rules name, in words.")
    asked = AskedShape(many=True)
    left_out = LeftOutShape(many=True)
    needed = serializers.IntegerField()
    quorum = serializers.JSONField()
    reject = serializers.JSONField()
    step_up = serializers.CharField(
        help_text="Why who decides must confirm that it is him; empty if he need not."
    )


class TrialShape(serializers.Serializer[Any]):
    """Who would be asked, in what order, and why."""

    outcome = serializers.ChoiceField(["asked", "approved_by_rule", "nobody", "unanswerable"])
    problem = serializers.CharField(help_text="Why it could not be decided.")
    rule = ObjectField(allow_null=True)
    stages = TriedStage(many=True)
