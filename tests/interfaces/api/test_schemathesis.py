"""Nothing that can be sent makes the API fail: generated requests over the whole OpenAPI document.

Every operation of the tenant's and of the partner's host gets valid and invalid input, on ids that exist where there are
any. No answer may be a 5xx; each must have a status, a content type and a shape that the document names.
"""

from typing import Any

import pytest
import requests
import schemathesis
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.accounts import services
from apps.accounts.choices import Role
from apps.api.openapi import document
from tenants.context import platform_context
from tenants.models import Partner
from tests.integration.accounts.people import SYSTEM, person
from tests.interfaces.api.conftest import Program, make_key

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 4


def operations(urlconf: str) -> list[Any]:
    found = []
    for result in schemathesis.openapi.from_dict(document(urlconf)).get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        found.append(pytest.param(operation, id=f"{operation.method.upper()} {operation.path}"))
    return found


def partner_key() -> str:
    with platform_context():
        partner = Partner.objects.get(slug="northmsp")
        owner = person("machine", Role.PARTNER_ADMIN, partner_id=partner.id)
        return services.create_api_key(user_id=owner.pk, name="k", scopes=["*"], actor=SYSTEM)[1]


def send(case: Any, program: Program) -> schemathesis.Response:
    """Send the case through the test client, inside a transaction that is rolled back, as if over HTTP."""
    host = program.client.defaults["HTTP_HOST"]
    kwargs = case.as_transport_kwargs(base_url=f"http://{host}")
    kwargs.pop("cookies", None)
    prepared = requests.Request(
        **{name: value for name, value in kwargs.items() if value is not None}
    ).prepare()
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
    headers = {
        name: value
        for name, value in prepared.headers.items()
        if name.lower() not in {"authorization", "cookie"}
    }
    headers["Authorization"] = f"Bearer {program.key}"
    kind = headers.pop("Content-Type", "application/json")
    with transaction.atomic():
        answer = Client(HTTP_HOST=host, raise_request_exception=False).generic(
            prepared.method or "GET", prepared.path_url, body, content_type=kind, headers=headers
        )
        transaction.set_rollback(True)
    told = {name: [value] for name, value in answer.headers.items()}
    return schemathesis.Response(
        answer.status_code, told, answer.content, prepared, elapsed=0.0, verify=False
    )


def known_parameters(operation: Any, program: Program) -> dict[str, str]:
    """Return the operation's path parameters filled with an id that exists, if its list has any rows."""
    names = [parameter.name for parameter in operation.path_parameters]
    if len(names) != 1:
        return {}
    answer = program.get(operation.path.removeprefix("/api/v1/").split("/{")[0])
    rows = answer.json().get("results", []) if answer.status_code == 200 else []
    row = rows[0] if rows else {}
    value = row.get("id") or row.get("type") or row.get("key")
    return {names[0]: str(value)} if value else {}


def try_out(operation: Any, program: Program) -> None:
    known = known_parameters(operation, program)
    strategies = [
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=known or None)
    ]
    if any(True for _ in operation.iter_parameters()) or operation.body:
        strategies.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @hypothesis_settings(
        max_examples=EXAMPLES * len(strategies),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=st.one_of(strategies))
    def run(case: Any) -> None:
        case.validate_response(send(case, program), checks=CHECKS)

    run()


@pytest.fixture(autouse=True)
def _without_limit(settings):
    settings.API_RATE_PER_MINUTE = 1_000_000


@pytest.mark.parametrize("operation", operations(settings.TENANT_URLCONF))
def test_tenant(operation, alpha):
    try_out(operation, Program("alpha.localhost:8000", make_key(alpha)))


@pytest.mark.parametrize("operation", operations(settings.PARTNER_URLCONF))
def test_partner(operation, alpha):
    try_out(operation, Program("northmsp.localhost:8000", partner_key()))
