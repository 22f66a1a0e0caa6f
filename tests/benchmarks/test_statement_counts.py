"""What the measured work costs in statements, request by request and handler by handler: pinned, so that growth is seen."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.services import create_api_key, create_user
from apps.core.actor import Actor
from apps.dispatch.dispatcher import LANES, batches
from apps.dispatch.executor import execute_here
from apps.dispatch.services import claim
from apps.integrations.services import install_connection
from apps.workflows.models import Run
from apps.workflows.services import publish_version, save_draft
from tenants.context import tenant_context
from tenants.types import TenantRef
from tests.systems.conftest import SystemsClient, start_systems, systems

__all__ = ["start_systems", "systems"]
BENCH = Path(__file__).resolve().parents[2] / "config" / "bench"
SYSTEM = Actor.system("test")
HOST = "alpha.localhost:8000"


@pytest.fixture
def keys(in_alpha: TenantRef, systems: SystemsClient, settings: Any) -> dict[str, str]:
    """The tenant as ``config.bench.seed`` leaves it: two people with keys, the stub, the template."""
    host = f"127.0.0.1:{systems.program.port}"
    settings.OUTBOUND_ALLOWED_PRIVATE = [host]
    made = {}
    for name, role in (("starter", "tenant_admin"), ("approver", "approver")):
        user = create_user(email=f"{name}@bench.example", name=name, roles=[role], actor=SYSTEM)
        made[name] = create_api_key(user_id=user.pk, name=name, scopes=["*"], actor=SYSTEM)[1]
    install_connection(
        name="Stub",
        definition=yaml.safe_load((BENCH / "connection.yaml").read_text()),
        config={"base_url": f"http://{host}"},
        slots=["stub"],
        actor=SYSTEM,
    )
    draft = save_draft(source=(BENCH / "template.yaml").read_text(), actor=SYSTEM)
    publish_version(template_key="measured-work", number=draft.number, actor=SYSTEM)
    return made


class Meter:
    """Does the work once and notes the statements of each part of it."""

    def __init__(self, tenant: TenantRef, keys: dict[str, str]) -> None:
        self.tenant, self.keys = tenant, keys
        self.client = Client(HTTP_HOST=HOST)
        self.found: dict[str, list[list[str]]] = defaultdict(list)

    def call(self, part: str, method: str, path: str, key: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        data = "" if body is None else json.dumps(body)
        with CaptureQueriesContext(connection) as captured:
            answer = self.client.generic(method, f"/api/v1{path}", data, "application/json", headers=headers)
        assert answer.status_code < 300, answer.content
        self.found[part].append(_texts(captured))
        return answer.json()

    def work(self) -> None:
        """Do due work until there is none, as the dispatcher and the worker do."""
        while items := claim.claim_due(lanes=LANES, limit=50):
            for batch in batches(items):
                with CaptureQueriesContext(connection) as captured:
                    execute_here(batch[0].kind, {item.id: item.fence for item in batch})
                self.found[batch[0].kind].append(_texts(captured))

    def run_once(self) -> Run:
        body = {"template": "measured-work", "input": {"reference": "R-0001", "amount": AMOUNT}}
        run = self.call("start", "POST", "/runs", "starter", body)["id"]
        listed = self.call("find", "GET", f"/approvals?run_id={run}", "approver")
        approval = listed["results"][0]["id"]
        self.call("decide", "POST", f"/approvals/{approval}/decisions", "approver", {"outcome": "approved"})
        self.work()
        with tenant_context(self.tenant):
            return Run.objects.get(pk=run)


AMOUNT = {"amount": "12500.00", "currency": "EUR"}


def _texts(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured.captured_queries]


def test_statements_of_the_measured_work(keys: dict[str, str], in_alpha: TenantRef) -> None:
    meter = Meter(in_alpha, keys)
    meter.run_once()  # what a process learns once is learnt
    meter.found.clear()
    run = meter.run_once()
    assert (run.status, run.outcome) == ("completed", "completed")
    counts = {part: [len(texts) for texts in calls] for part, calls in meter.found.items()}
    # Savepoints count as statements here and are BEGIN and COMMIT in production. Nobody listens to this run's events,
    # so none is delivered (ADR 15).
    assert counts == {
        "start": [6],
        "find": [1],
        "decide": [15],
        "integrations.action": [19],
        "approvals.ask": [5],
    }
