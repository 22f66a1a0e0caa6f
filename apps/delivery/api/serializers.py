"""Shapes of delivery's rows; a customer's contact does not see the internal members."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.fields import MoneyField, ObjectField
from apps.delivery.models import (
    BillingReadiness,
    Contact,
    Customer,
    Deal,
    Document,
    DocumentRequirement,
    Milestone,
    Project,
    StaffingRequest,
)
from apps.delivery.policies import is_customer
from apps.delivery.types import Expectation, StatusSummary

_MAY_BE_ABSENT = "Only for the tenant's own people."


class _Shape(serializers.Serializer[Any]):
    """Leaves out the ``internal`` members for customers."""

    internal: ClassVar[tuple[str, ...]] = ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        # Not in ``get_fields``: a shape is kept for the next answer (apps.core.api.shapes), which may be for others.
        shown: dict[str, Any] = super().to_representation(instance)
        actor = self.context.get("actor")
        if actor is not None and is_customer(actor):
            for name in self.internal:
                shown.pop(name, None)
        return shown


class CustomerShape(_Shape):
    internal = ("erp_id", "external_refs", "owner_id")

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    language = serializers.CharField()
    erp_id = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    external_refs = ObjectField(required=False, help_text=_MAY_BE_ABSENT)
    owner_id = serializers.UUIDField(allow_null=True, required=False, help_text=_MAY_BE_ABSENT)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = Customer


class ContactShape(_Shape):
    internal = ("user_id", "role")

    id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    user_id = serializers.UUIDField(allow_null=True, required=False, help_text=_MAY_BE_ABSENT)
    role = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    created_at = serializers.DateTimeField()

    class Meta:
        model = Contact


class DealShape(_Shape):
    internal = ("tier", "manager_id", "run_id")

    id = serializers.UUIDField()
    contract_id = serializers.CharField()
    title = serializers.CharField()
    customer_id = serializers.UUIDField()
    amount = MoneyField(source="money")
    region = serializers.CharField()
    tier = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    status = serializers.CharField()
    signed_at = serializers.DateTimeField()
    start_date = serializers.DateField(allow_null=True)
    purchase_order_number = serializers.CharField()
    purchase_order_valid_until = serializers.DateField(allow_null=True)
    manager_id = serializers.UUIDField(allow_null=True, required=False, help_text=_MAY_BE_ABSENT)
    run_id = serializers.UUIDField(allow_null=True, required=False, help_text=_MAY_BE_ABSENT)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = Deal


class RequirementShape(_Shape):
    internal = ("audience",)

    id = serializers.UUIDField()
    deal_id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    status = serializers.CharField()
    valid_until = serializers.DateField(allow_null=True)
    audience = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = DocumentRequirement


class DocumentShape(_Shape):
    internal = ("reference",)

    id = serializers.UUIDField()
    requirement_id = serializers.UUIDField()
    deal_id = serializers.UUIDField(source="requirement.deal_id")
    kind = serializers.CharField(source="requirement.kind")
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    reference = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    valid_until = serializers.DateField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    uploaded_by = serializers.CharField(source="uploaded_by_label")
    created_at = serializers.DateTimeField()

    class Meta:
        model = Document


class StaffingRequestShape(_Shape):
    id = serializers.UUIDField()
    deal_id = serializers.UUIDField()
    region = serializers.CharField()
    tier = serializers.CharField()
    roles = serializers.ListField(child=ObjectField())
    note = serializers.CharField()
    status = serializers.CharField()
    requested_by = serializers.CharField(source="requested_by_label")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by_label")
    comment = serializers.CharField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = StaffingRequest


class MilestoneShape(_Shape):
    id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    key = serializers.CharField()
    title = serializers.CharField()
    sequence = serializers.IntegerField()
    amount = MoneyField(source="money")
    due_on = serializers.DateField(allow_null=True)
    status = serializers.CharField()
    completed_at = serializers.DateTimeField(allow_null=True)
    completed_by = serializers.CharField(source="completed_by_label")
    accepted_at = serializers.DateTimeField(allow_null=True)
    accepted_by = serializers.CharField(source="accepted_by_label")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = Milestone


class ReadinessShape(_Shape):
    id = serializers.UUIDField()
    milestone_id = serializers.UUIDField()
    status = serializers.CharField()
    predicates = serializers.ListField(child=ObjectField())
    evidence = ObjectField()
    checked_at = serializers.DateTimeField(allow_null=True)
    invoice_id = serializers.CharField()
    invoice_number = serializers.CharField()
    invoiced_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()

    class Meta:
        model = BillingReadiness


class ProjectShape(_Shape):
    internal = ("tier", "manager_id", "psa_id")

    id = serializers.UUIDField()
    deal_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    name = serializers.CharField()
    region = serializers.CharField()
    tier = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    status = serializers.CharField()
    manager_id = serializers.UUIDField(allow_null=True, required=False, help_text=_MAY_BE_ABSENT)
    psa_id = serializers.CharField(required=False, help_text=_MAY_BE_ABSENT)
    start_on = serializers.DateField(allow_null=True)
    forecast_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()

    class Meta:
        model = Project


class ExpectationShape(serializers.Serializer[Expectation]):
    """Something the reader is expected to do."""

    kind = serializers.CharField()
    text = serializers.CharField()
    target_id = serializers.UUIDField()
    due_on = serializers.DateField(allow_null=True)


class SummaryShape(serializers.Serializer[StatusSummary]):
    """Where the project stands, worded for the reader."""

    headline = serializers.CharField()
    now = serializers.CharField()
    next = serializers.CharField()
    expected = ExpectationShape(many=True)


class ProjectDetailShape(ProjectShape):
    """A project with its milestones, the documents it needs, and where it stands."""

    summary = serializers.SerializerMethodField()
    milestones = serializers.SerializerMethodField()
    document_requirements = serializers.SerializerMethodField()

    @extend_schema_field(SummaryShape)
    def get_summary(self, _project: Project) -> Any:
        return SummaryShape(self.context["detail"].summary).data

    @extend_schema_field(MilestoneShape(many=True))
    def get_milestones(self, _project: Project) -> Any:
        return MilestoneShape(self.context["detail"].milestones, many=True, context=self.context).data

    @extend_schema_field(RequirementShape(many=True))
    def get_document_requirements(self, _project: Project) -> Any:
        return RequirementShape(self.context["detail"].requirements, many=True, context=self.context).data
