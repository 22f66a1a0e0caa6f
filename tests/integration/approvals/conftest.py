"""A tenant with people, and a run that asks for approval."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.approvals.models import ApprovalRequest
from apps.core.actor import Actor
from apps.workflows.models import Run
from apps.workflows.services import publish_version, save_draft, start_run
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
SOURCE = """
format: 1
key: {key}
name: Staffing
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object, required: [amount, region], properties: {{amount: {{type: object}}, region: {{type: string}}}}}}
steps:
  - {{id: draft, kind: user_task, name: Draft it, assignee: {{role: delivery_manager}}, when: "{drafting}"}}
  - id: approve
    kind: approval
    name: Approve staffing
    policy: {policy}
    show: {{customer: Nordwind, amount: "= input.amount", region: "= input.region"}}
    subject: {{region: "= input.region"}}
    requested_by: {requested_by}
    {more}
    due: P2D
    on_reject: [{{id: rejected, kind: end, outcome: rejected}}]
  - {{id: after, kind: user_task, name: Do it, assignee: {{role: delivery_manager}}, when: "{doing}"}}
  - {{id: done, kind: end, outcome: completed}}
"""

Ask = Callable[..., ApprovalRequest]


class Staff:
    """The people of the tenant, and the actors they are."""

    def __init__(self) -> None:
        for name, role, region in (
            ("Rita", "resource_manager", "EU"),
            ("Rolf", "resource_manager", "EU"),
            ("Uma", "resource_manager", "US"),
            ("Dora", "delivery_director", ""),
            ("Mona", "delivery_manager", ""),
            ("Tina", "tenant_admin", ""),
        ):
            regions = [region] if region else []
            email = f"{name.lower()}@staff.example"
            create_user(email=email, name=name, roles=[role], regions=regions, actor=SYSTEM)

    def user(self, name: str) -> User:
        return User.objects.get(email=f"{name.lower()}@staff.example")

    def actor(self, name: str) -> Actor:
        return actor_of_user(get_user(self.user(name).id))


@pytest.fixture
def staff(in_alpha: TenantRef) -> Staff:
    return Staff()


def publish(
    policy: str | dict[str, Any] = "staffing-approval",
    requested_by: str = '""',
    key: str = "staffing",
    more: str = "",
    drafting: str = "false",
    doing: str = "false",
) -> None:
    """Publish the template; ``policy`` is a key, a policy, or text; ``more`` are further keys of the step."""
    named = json.dumps(policy) if isinstance(policy, dict) else policy
    source = SOURCE.format(
        key=key,
        policy=named,
        requested_by=requested_by,
        more=more,
        drafting=drafting,
        doing=doing,
    )
    draft = save_draft(source=source, actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)


def begin(amount: str = "12000.00", region: str = "EU", key: str = "staffing") -> Run:
    data: dict[str, Any] = {"amount": {"amount": amount, "currency": "EUR"}, "region": region}
    return start_run(template_key=key, input=data, actor=SYSTEM, name="Nordwind ERP")


def request_of(run: Run | UUID) -> ApprovalRequest:
    return ApprovalRequest.objects.get(run=run)
