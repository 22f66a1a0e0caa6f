"""A customer's contact at the browser, with a project under way."""

import pytest
from django.test import Client

from apps.approvals.models import ApprovalRequest
from apps.delivery.models import Contact, Project
from tenants.types import TenantRef
from tests.integration.delivery import contracts
from tests.interfaces.pages import signed_in
from tests.interfaces.status.decisions import ask


@pytest.fixture
def project(in_alpha: TenantRef) -> Project:
    """A project whose security annex is missing."""
    return contracts.project(contracts.contract(without=("security_annex",)))


@pytest.fixture
def ada(project: Project, alpha: TenantRef) -> Client:
    """Ada Lovelace of the project's customer."""
    return signed_in(_user("ada@nordwind.example"), alpha)


@pytest.fixture
def grace(in_alpha: TenantRef, alpha: TenantRef) -> Client:
    """Grace Hopper of another customer of the same tenant, with a project of her own."""
    contracts.project(contracts.another_customer())
    return signed_in(_user("grace@suedwind.example"), alpha)


@pytest.fixture
def request_(project: Project) -> ApprovalRequest:
    """A decision that waits for Ada."""
    return ask(project)


def _user(email: str):  # type: ignore[no-untyped-def]
    return Contact.objects.get(email=email).user
