"""The systems of record as a real process, and what tests of integrations need again and again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from apps.core.http import SafeClient
from apps.integrations.connectors.rest.connector import RestConnection, RestConnector
from apps.integrations.types import Secret
from tests.systems.conftest import SystemsClient, start_systems, systems

__all__ = ["start_systems", "systems"]

Bind = Callable[..., RestConnection]
CREATE_PROJECT: dict[str, Any] = {
    "method": "POST",
    "path": "/psa/projects",
    "body": {"name": "= input.name", "region": "= has(input.region) ? input.region : 'EU'"},
    "success": [200, 201],
    "result": {"id": "= response.body.id", "status": "= response.body.status"},
    "idempotency": {"kind": "key"},
}


class Sender(Client):
    """A test client after whose requests the test is in its tenant again, as it was before."""

    def request(self, **request: Any) -> Any:
        wrapper: Any = connection
        schema = wrapper.schema_name
        try:
            return super().request(**request)
        finally:
            wrapper.set_schema(schema)


def definition_of(operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format": 1, "auth": {"kind": "bearer"}, "operations": operations, **more}


@pytest.fixture
def bind(systems: SystemsClient) -> Bind:
    """Bind operations to a system of the process."""
    host = f"127.0.0.1:{systems.program.port}"
    client = SafeClient(allowed_private=lambda: [host])

    def make(
        operations: dict[str, Any], *, system: str = "psa", token: str = "", **more: Any
    ) -> RestConnection:
        secret = Secret("bearer", {"token": token or systems.tokens[system]})
        config = {"base_url": f"http://{host}", "currency": "EUR"}
        return RestConnector(client).bind(definition_of(operations, **more), config, secret)

    return make


@pytest.fixture
def allowed(systems: SystemsClient) -> Iterator[str]:
    """Let the process's outbound client reach the systems; the base URL."""
    host = f"127.0.0.1:{systems.program.port}"
    held = settings.OUTBOUND_ALLOWED_PRIVATE
    settings.OUTBOUND_ALLOWED_PRIVATE = [*held, host]
    yield f"http://{host}"
    settings.OUTBOUND_ALLOWED_PRIVATE = held
