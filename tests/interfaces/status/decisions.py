"""Decisions that ask a customer's people, for the tests of their pages."""

import json
from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.approvals.models import ApprovalRequest
from apps.delivery.models import Contact, Deal, Project
from apps.workflows.models import Run
from apps.workflows.services import publish_version, save_draft, start_run
from tests.integration.delivery.contracts import SYSTEM

CANARY = "canary-4711"
SHOW = {"amount": {"amount": "12500.00", "currency": "EUR"}, "scope": "Two more sites", "days": 12}


def template(stages: list[dict[str, Any]], **step: Any) -> dict[str, Any]:
    """A template that asks the customer, with an internal step behind it."""
    return {
        "format": 1,
        "key": "change-of-scope",
        "name": "Change of scope",
        "family": "change_management",
        "owners": {"business": "delivery_manager", "technical": "template_author", "control": "auditor"},
        "classification": {
            "business_criticality": "low",
            "compliance_impact": "low",
            "exception_frequency": "low",
            "integration_complexity": "low",
        },
        "input": {"type": "object"},
        "steps": [
            {"id": "prepare", "kind": "set", "values": {"prepared": True}},
            {
                "id": "agree",
                "kind": "approval",
                "name": "Agree to the change of scope",
                "policy": {"stages": stages},
                "show": {name: f"= input.show.{name}" for name in SHOW},
                "editable": ["scope"],
                "due": "P2D",
                "on_reject": "end",
                "on_changes": {"return_to": "prepare"},
                **step,
            },
            {
                "id": "inside",
                "kind": "user_task",
                "name": f"Margin review {CANARY}",
                "assignee": {"role": "finance"},
                "form": {"type": "object", "properties": {"ok": {"type": "boolean"}}},
            },
        ],
    }


def ask(project: Project, stages: list[dict[str, Any]] | None = None, **step: Any) -> ApprovalRequest:
    """Ask the people of the project's customer; the run belongs to the project's deal."""
    number = project.deal.customer.external_id
    asked = stages or [{"name": f"Sponsor {CANARY}", "approvers": {"contact": "any", "customer": number}}]
    draft = save_draft(source=json.dumps(template(asked, **step)), actor=SYSTEM)
    publish_version(template_key="change-of-scope", number=draft.number, actor=SYSTEM)
    run = start_run(template_key="change-of-scope", input={"show": SHOW}, actor=SYSTEM, name="Nordwind")
    assert isinstance(run, Run)
    Deal.objects.filter(pk=project.deal_id).update(run_id=run.id)
    return ApprovalRequest.objects.get(run=run)


def sent(request: ApprovalRequest, page: str, outcome: str = "approved", **fields: str) -> dict[str, str]:
    """What the form of the page sends."""
    view_hash = page.split('name="view_hash" value="', 1)[1].split('"', 1)[0]
    return {"outcome": outcome, "show_hash": request.show_hash, "view_hash": view_hash, **fields}


def contact_user(email: str) -> User:
    user = Contact.objects.get(email=email).user
    assert user is not None
    return user


def here(request: ApprovalRequest) -> str:
    return f"/status/decisions/{request.id}/"


def page_of(client: Client, request: ApprovalRequest) -> str:
    return str(client.get(here(request)).content.decode())


def send(client: Client, request: ApprovalRequest, outcome: str = "approved", **fields: str):  # type: ignore[no-untyped-def]
    return client.post(here(request), sent(request, page_of(client, request), outcome, **fields))


def send_anyhow(client: Client, request: ApprovalRequest):  # type: ignore[no-untyped-def]
    return client.post(
        here(request), {"outcome": "rejected", "comment": "late", "show_hash": request.show_hash}
    )
