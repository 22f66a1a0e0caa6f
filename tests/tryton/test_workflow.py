"""A workflow that runs in a tenant and works in the real ERP: the connection is data, the steps are a template."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.core.actor import Actor
from apps.integrations.models import ActionIntent
from apps.integrations.services import create_connection
from apps.integrations.types import Secret
from apps.workflows.models import ExceptionCase, Run
from apps.workflows.services import publish_version, roll_back_run, save_draft, start_run
from tenants.types import TenantRef
from tests.tryton.reference import CONNECTION, Reference, Refused
from tests.tryton.server import TrytonServer

SYSTEM = Actor.system("test")
TEMPLATE = yaml.safe_load((Path(__file__).parent / "contract.yaml").read_text(encoding="utf-8"))
AMOUNT = {"amount": "12500.00", "currency": "EUR"}
Start = Callable[..., Run]


@pytest.fixture
def start(in_alpha: TenantRef, tryton: TrytonServer, settings: Any) -> Start:
    """Start a run of the template in a tenant whose slot `erp` the ERP fills."""
    settings.OUTBOUND_ALLOWED_PRIVATE = [tryton.url.removeprefix("http://")]
    create_connection(
        name="ERP",
        definition=CONNECTION,
        config=tryton.config,
        secret=Secret("bearer", {"token": tryton.key}),
        slots=["erp"],
        actor=SYSTEM,
    )

    def run(number: str, template: dict[str, Any] = TEMPLATE) -> Run:
        draft = save_draft(source=yaml.safe_dump(template), actor=SYSTEM)
        publish_version(template_key=template["key"], number=draft.number, actor=SYSTEM)
        given = {"contract_id": f"CT-{number}", "customer_id": f"C-{number}", "amount": AMOUNT}
        return start_run(template_key=template["key"], input=given, actor=SYSTEM)

    return run


def outputs(run: Run) -> dict[str, Any]:
    """What each step of the run got from the ERP."""
    run.refresh_from_db()
    held: dict[str, Any] = run.state["outputs"]
    return held


def test_run_creates_customer_project_and_posted_invoice(
    start: Start, drain: Callable[..., int], tryton: TrytonServer
) -> None:
    run = start("500")
    drain()
    run.refresh_from_db()
    assert (run.status, run.outcome) == ("completed", "billed")
    made = outputs(run)
    assert (made["posted"]["state"], made["posted"]["total"]) == ("posted", "12500.00")
    erp = Reference(tryton)
    customer = erp.look_up("create_customer", external_id="C-500")
    assert customer == made["customer"]
    project = {"reference": "CT-500", "customer_id": made["customer"]["id"]}
    assert erp.look_up("create_project", **project) == made["project"]
    assert erp.perform("get_invoice", id=made["invoice"]["id"]) == made["posted"]
    intents = ActionIntent.objects.filter(run_id=run.id)
    assert [(intent.state, intent.calls) for intent in intents] == [("confirmed", 1)] * 4


def test_roll_back_removes_the_project_and_deactivates_the_customer(
    start: Start, drain: Callable[..., int], tryton: TrytonServer
) -> None:
    confirm = {
        "id": "confirm",
        "kind": "user_task",
        "form": {"type": "object"},
        "assignee": {"role": "finance"},
    }
    run = start("510", TEMPLATE | {"steps": [*TEMPLATE["steps"][:2], confirm]})
    drain()
    erp, made = Reference(tryton), outputs(run)
    project = {"reference": "CT-510", "customer_id": made["customer"]["id"]}
    assert erp.look_up("create_project", **project) == made["project"]
    roll_back_run(run_id=run.id, actor=SYSTEM, reason="The customer withdrew.")
    drain()
    run.refresh_from_db()
    assert run.status == "rolled_back"
    assert erp.look_up("create_project", **project) is None
    assert erp.look_up("create_customer", external_id="C-510") is None


def test_refusal_of_the_erp_becomes_an_exception_in_its_words(
    start: Start, drain: Callable[..., int], tryton: TrytonServer
) -> None:
    """The ERP already has the number, so the step needs a person, who reads why."""
    Reference(tryton).perform("create_customer", external_id="C-520", name="Nordwind GmbH")
    run = start("520")
    drain()
    case = ExceptionCase.objects.get(run=run, status="open")
    assert case.visit.startswith("customer#")
    assert case.code == "rejected"
    assert "must be unique" in case.message
    with pytest.raises(Refused):
        Reference(tryton).perform("create_customer", external_id="C-520", name="Nordwind GmbH")
