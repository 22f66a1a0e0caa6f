"""Contracts and people for the tests of delivery."""

from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery.models import Contact, Deal, Project
from apps.delivery.services.deals import register_contract
from apps.delivery.services.projects import open_project, start_project

SYSTEM = Actor.system("test")
PLAN = [
    {"key": "kickoff", "title": "Kickoff", "share": 20, "days": 14},
    {"key": "go-live", "title": "Go-live", "share": 80, "days": 60},
]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
KINDS = ("statement_of_work", "security_annex", "purchase_order")


def day(offset: int) -> str:
    return (now().date() + timedelta(days=offset)).isoformat()


def contract(number: str = "C-1001", *, without: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """The data of a contract.signed, complete unless told otherwise."""
    documents = [
        {"kind": kind, "name": f"{kind}.pdf", "reference": f"/documents/{kind}", "valid_until": None}
        for kind in KINDS
        if kind not in without
    ]
    return {
        "contract_id": number,
        "title": f"Nordwind ERP rollout {number}",
        "customer": {
            "external_id": "K-77",
            "name": "Nordwind GmbH",
            "country": "DE",
            "language": "de",
            "contacts": [{"name": "Ada Lovelace", "email": "ada@nordwind.example"}],
        },
        "amount": {"amount": "120000.00", "currency": "EUR"},
        "region": "EU",
        "signed_at": "2026-03-02T10:00:00Z",
        "start_date": day(7),
        "purchase_order": {"number": "PO-77", "valid_until": day(300)},
        "documents": documents,
        "milestones": [],
        **changes,
    }


def another_customer(number: str = "C-2001") -> dict[str, Any]:
    return contract(
        number,
        customer={
            "external_id": "K-88",
            "name": "Südwind AG",
            "country": "AT",
            "contacts": [{"name": "Grace Hopper", "email": "grace@suedwind.example"}],
        },
    )


def staff(role: str, *, region: str = "", email: str = "") -> Actor:
    """A new member of the tenant's staff."""
    user = create_user(
        email=email or f"{role}@alpha.example",
        name=role.replace("_", " ").title(),
        roles=[role],
        regions=[region] if region else [],
        actor=SYSTEM,
    )
    return actor_of(user)


def actor_of(user: User) -> Actor:
    return actor_of_user(get_user(user.pk))


def contact_actor(email: str = "ada@nordwind.example") -> Actor:
    contact = Contact.objects.get(email=email)
    assert contact.user is not None
    return actor_of(contact.user)


def deal(data: dict[str, Any] | None = None) -> Deal:
    """The deal of a contract; the same contract again is the same run's."""
    data = data or contract()
    return register_contract(contract=data, run_id=uuid5(NAMESPACE_URL, data["contract_id"]), actor=SYSTEM)


def project(data: dict[str, Any] | None = None, *, started: bool = True) -> Project:
    """A project with its contacts' rights; under way unless told otherwise."""
    opened = open_project(deal_id=deal(data).id, tier="standard", plan=PLAN, contracted=[], actor=SYSTEM)
    if started:
        start_project(project_id=opened.id, actor=SYSTEM)
    return Project.objects.get(pk=opened.pk)


def in_days(offset: int) -> date:
    return now().date() + timedelta(days=offset)
