"""A tenant with people, and requests that wait for them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user, get_user
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.core.actor import Actor
from apps.core.clock import now
from apps.workflows.models import Run
from tenants.types import TenantRef
from tests.integration.approvals.conftest import Staff, begin, publish

__all__ = ["Staff"]

Ask = Callable[..., ApprovalRequest]


@pytest.fixture
def staff(in_alpha: TenantRef) -> Staff:
    return Staff()


@pytest.fixture
def run(staff: Staff) -> Run:
    """A run whose own request is decided by nobody here: it hosts the requests that ``ask`` makes."""
    publish()
    return begin()


@pytest.fixture
def ask(run: Run, staff: Staff) -> Ask:
    """Put a request before people without the way through a template."""
    made = 0

    def put(title: str = "A request", who: tuple[str, ...] = ("Dora",), **changes: Any) -> ApprovalRequest:
        nonlocal made
        made += 1
        people = [staff.user(name) for name in who]
        return place_request(run, people, made, title=title, **changes)

    return put


def place_request(run: Run, people: list[User], number: int, **changes: Any) -> ApprovalRequest:
    """Insert an open request of one stage, as opening it would."""
    age = changes.pop("age", timedelta())
    fields: dict[str, Any] = {
        "visit": f"extra#{number}",
        "title": "A request",
        "show_hash": "0" * 64,
        "waiting_for": [person.id for person in people],
        "policy_key": "extra",
        "policy_number": 1,
        **changes,
    }
    request = ApprovalRequest.objects.create(run=run, created_at=now() - age, **fields)
    ApprovalStage.objects.create(
        request=request,
        index=0,
        name="Somebody",
        status="open",
        candidates=[{"id": str(person.id), "label": person.label} for person in people],
    )
    return request


def actor(staff: Staff, name: str) -> Actor:
    return actor_of_user(get_user(staff.user(name).id))


def in_hours(hours: float) -> datetime:
    return now() + timedelta(hours=hours)


def money(amount: int) -> dict[str, Any]:
    return {"amount": Decimal(amount), "currency": "EUR"}
