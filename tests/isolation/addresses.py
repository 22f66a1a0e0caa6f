"""One of each thing that addresses name, of a tenant and of another of its customers."""

from typing import Any
from uuid import UUID

from apps.accounts.models import ApiKey, Group, User
from apps.approvals.models import (
    AbsenceFeed,
    ApprovalRequest,
    CoverageForecast,
    Delegation,
    EvidenceShare,
    HandOver,
)
from apps.delivery import models as delivery
from apps.inbox.models import SavedFilter
from apps.integrations import models as integrations
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.messaging.models import Message
from apps.workflows import models as workflows
from apps.workflows.selectors.migrations import MIGRATE
from tests.isolation.words import own_key


def key_id(user: User) -> UUID:
    return ApiKey.objects.get(user=user).pk


def ids_of(word: str) -> dict[str, Any]:
    """One of each thing that addresses name, by the name of the address's part."""
    run = workflows.Run.objects.get(subject=f"contract/{word}-1", parent=None)
    project = delivery.Project.objects.get(deal__run_id=run.id)
    document = delivery.Document.objects.get(name=f"{word}.pdf")
    inbound = integrations.InboundEvent.objects.latest("id")
    staff = User.objects.get(email=f"staff@{word}.example")
    return {
        "user_id": staff.pk,
        "key_id": key_id(staff),
        "entry_id": AuditEntry.objects.latest("id").pk,
        "outbox_id": OutboxMessage.objects.latest("id").pk,
        "run_id": run.pk,
        "task_id": workflows.UserTask.objects.filter(status="open").latest("id").pk,
        "proposal_id": workflows.Proposal.objects.get().pk,
        "case_id": workflows.ExceptionCase.objects.filter(status="open").latest("id").pk,
        "connection_id": integrations.Connection.objects.latest("id").pk,
        "binding_id": integrations.SlotBinding.objects.latest("id").pk,
        "hook_id": inbound.hook_id,
        "assignment_id": workflows.CalendarAssignment.objects.latest("id").pk,
        "inbound_id": inbound.pk,
        "endpoint_id": integrations.WebhookEndpoint.objects.get().pk,
        "delivery_id": integrations.WebhookDelivery.objects.latest("id").pk,
        "operation_id": workflows.BulkOperation.objects.get(command="cancel_runs").pk,
        "migration_id": workflows.BulkOperation.objects.get(command=MIGRATE).pk,
        "message_id": Message.objects.latest("id").pk,
        "approval_id": ApprovalRequest.objects.get(status="open").pk,
        "decision_id": ApprovalRequest.objects.get(title=f"{word} agreement").pk,
        "share_id": EvidenceShare.objects.latest("id").pk,
        "items": ApprovalRequest.objects.get(status="open").pk,
        "notices": Message.objects.filter(in_app=True).latest("id").pk,
        "filter_id": SavedFilter.objects.get().pk,
        "customer_id": project.deal.customer_id,
        "contact_id": delivery.Contact.objects.filter(customer=project.deal.customer).latest("id").pk,
        "deal_id": project.deal_id,
        "staffing_id": delivery.StaffingRequest.objects.latest("id").pk,
        "project_id": project.pk,
        "milestone_id": project.milestones.get(sequence=1).pk,
        "document_id": document.pk,
        "requirement_id": document.requirement_id,
        "scenario_id": workflows.Scenario.objects.latest("id").pk,
        "suite_id": workflows.SuiteRun.objects.latest("id").pk,
        "backtest_id": workflows.Backtest.objects.latest("id").pk,
        "group_id": Group.objects.get().pk,
        "delegation_id": Delegation.objects.latest("id").pk,
        "feed_id": AbsenceFeed.objects.get().pk,
        "hand_over_id": HandOver.objects.get().pk,
        "forecast_id": CoverageForecast.objects.latest("id").pk,
        "deputy_id": User.objects.get(email=f"resources@{word}.example").pk,
        "from_user_id": User.objects.get(email=f"director@{word}.example").pk,
        "to_user_id": staff.pk,
        "key": own_key(word),
    }


def ids_of_other(word: str) -> dict[str, Any]:
    """What belongs to another customer of the same tenant."""
    project = delivery.Project.objects.get(deal__contract_id=f"other{word}-2")
    requirement = delivery.DocumentRequirement.objects.filter(deal=project.deal).latest("id")
    return ids_of(word) | {
        "run_id": project.deal.run_id,
        "customer_id": project.deal.customer_id,
        "contact_id": delivery.Contact.objects.filter(customer=project.deal.customer).latest("id").pk,
        "deal_id": project.deal_id,
        "project_id": project.pk,
        "milestone_id": project.milestones.get(sequence=1).pk,
        "requirement_id": requirement.pk,
        "document_id": delivery.Document.objects.get(name=f"other{word}.pdf").pk,
        "decision_id": ApprovalRequest.objects.get(title=f"other{word} agreement").pk,
    }
