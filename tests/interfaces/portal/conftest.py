"""People at the portal of tenant alpha, and contracts under way in it."""

import pytest

from apps.accounts.models import User
from apps.workflows.models import ExceptionCase
from tests.integration.delivery.conftest import Office, office, start_systems, systems
from tests.integration.delivery.contracts import contract, staff
from tests.interfaces.portal.browser import Visitor

__all__ = ["office", "start_systems", "systems"]


def visitor(tenant, actor):
    return Visitor(tenant, User.objects.get(pk=actor.id))


@pytest.fixture
def manager(in_alpha, office: Office):
    return visitor(in_alpha, office.manager)


@pytest.fixture
def resource_manager(in_alpha, office: Office):
    return visitor(in_alpha, office.resource_manager)


@pytest.fixture
def director(in_alpha, office: Office):
    return visitor(in_alpha, office.director)


@pytest.fixture
def finance(in_alpha, office: Office):
    return visitor(in_alpha, office.finance)


@pytest.fixture
def admin(in_alpha, office: Office):
    return visitor(in_alpha, staff("tenant_admin"))


@pytest.fixture
def auditor(in_alpha, office: Office):
    return visitor(in_alpha, staff("auditor"))


@pytest.fixture
def customer(in_alpha, office: Office):
    return visitor(in_alpha, staff("customer", email="kunde@nordwind.example"))


@pytest.fixture
def nobody(in_alpha, office: Office):
    return Visitor(in_alpha)


@pytest.fixture
def run(office: Office):
    """A contract whose security annex is missing: an exception and a decision are open."""
    return office.sign(contract(without=("security_annex",)))


@pytest.fixture
def stopped(office: Office):
    """The exception of a contract whose project the PSA refuses with 422, after it answered 503 twice."""
    refusal = {"message": "Unknown customer", "code": "customer_unknown"}
    office.systems.misbehave(
        "create_project", {"status": 503, "times": 2}, {"status": 422, "times": 1, "body": refusal}
    )
    contract_run = office.sign(contract("C-9001"))
    office.approve(contract_run, office.resource_manager, office.director)
    office.drain(until=30)
    return ExceptionCase.objects.select_related("run").get(run=contract_run, status="open")
