"""Programs with keys on tenant alpha."""

import json

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.choices import Role
from apps.workflows.services import publish_version, save_draft, set_review_mode
from tenants.context import tenant_context
from tests.integration.accounts.people import SYSTEM, person
from tests.interfaces.api.orders import HOST, SOURCE


class Program:
    """Sends JSON with a key to one host."""

    def __init__(self, host: str, key: str = ""):
        self.client = Client(HTTP_HOST=host)
        self.key = key

    def send(self, method: str, path: str, body=None, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            given.setdefault("Authorization", f"Bearer {self.key}")
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        if body is None:
            return self.client.generic(method, f"/api/v1/{path}", headers=given)
        return self.client.generic(method, f"/api/v1/{path}", data, "application/json", headers=given)

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self.send("PATCH", path, body, **headers)


def make_key(tenant, role=Role.TENANT_ADMIN, scopes=("*",), name="integrator"):
    """Make a person with the role and a key for it in the tenant; return the key's text."""
    with tenant_context(tenant):
        owner = person(name, role)
        return services.create_api_key(user_id=owner.pk, name=name, scopes=list(scopes), actor=SYSTEM)[1]


@pytest.fixture
def alpha_key(alpha):
    return make_key(alpha)


@pytest.fixture
def program(alpha_key):
    return Program("alpha.localhost:8000", alpha_key)


@pytest.fixture
def published(alpha):
    with tenant_context(alpha):
        save_draft(source=SOURCE, actor=SYSTEM)
        publish_version(template_key="order", number=1, actor=SYSTEM)


@pytest.fixture
def trusting(alpha):
    """A workspace whose authors publish what they wrote."""
    with tenant_context(alpha):
        set_review_mode(mode="none", actor=SYSTEM)


@pytest.fixture
def finance(alpha):
    return Program(HOST, make_key(alpha, Role.FINANCE, name="finance"))


@pytest.fixture
def auditor(alpha):
    return Program(HOST, make_key(alpha, Role.AUDITOR, name="auditor"))
