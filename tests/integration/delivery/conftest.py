"""The systems of record as a real process, bound to the slots of the main job's templates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from apps.accounts.models import User
from apps.approvals.models import ApprovalRequest
from apps.approvals.services import decide_request
from apps.core.actor import Actor
from apps.delivery.services.templates import publish_templates
from apps.integrations.services import install_connection
from apps.integrations.types import Secret
from apps.ledger.services import emit, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.models import Run
from tenants.types import TenantRef
from tests.integration.delivery.contracts import SYSTEM, staff
from tests.systems.conftest import SystemsClient, start_systems, systems

__all__ = ["start_systems", "systems"]
CONNECTIONS = Path(settings.BASE_DIR) / "config" / "demo" / "connections"


@dataclass
class Office:
    """A tenant ready for contracts: its people and the systems it works with."""

    systems: SystemsClient
    manager: Actor
    resource_manager: Actor
    director: Actor
    finance: Actor
    drain: Any

    def sign(self, contract: dict[str, Any]) -> Run:
        """Tell that a contract was signed and do all that follows at once."""
        with unit_of_work(Actor.system("e-signature")):
            emit(DomainEvent("contract.signed", f"contract/{contract['contract_id']}", contract))
        self.drain()
        subject = f"contract/{contract['contract_id']}"
        return Run.objects.filter(subject=subject, parent=None).latest("id")

    def approve(self, run: Run, *deciders: Actor, outcome: str = "approved", comment: str = "") -> None:
        for decider in deciders:
            request = ApprovalRequest.objects.get(run=run, status="open")
            decide_request(request_id=request.id, actor=decider, outcome=outcome, comment=comment)
        self.drain()

    def refresh(self, run: Run) -> Run:
        return Run.objects.get(pk=run.pk)


@pytest.fixture
def office(in_alpha: TenantRef, systems: SystemsClient, drain: Any) -> Iterator[Office]:
    host = f"127.0.0.1:{systems.program.port}"
    held = settings.OUTBOUND_ALLOWED_PRIVATE
    settings.OUTBOUND_ALLOWED_PRIVATE = [*held, host]
    for slot in ("psa", "erp"):
        install_connection(
            name=slot.upper(),
            definition=yaml.safe_load((CONNECTIONS / f"{slot}.yaml").read_text()),
            config={"base_url": f"http://{host}"},
            secret=Secret("bearer", {"token": systems.tokens[slot]}),
            slots=[slot],
            actor=SYSTEM,
        )
    publish_templates(actor=SYSTEM)
    systems.call("PUT", "/erp/purchase-orders/PO-77", {"valid_until": "2099-12-31"})
    assert User.objects.count() == 0
    yield Office(
        systems=systems,
        manager=staff("delivery_manager", region="EU"),
        resource_manager=staff("resource_manager", region="EU"),
        director=staff("delivery_director"),
        finance=staff("finance"),
        drain=drain,
    )
    settings.OUTBOUND_ALLOWED_PRIVATE = held
