"""Commands that meet: the database decides, nothing is entered or accepted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.core.errors import DomainError
from apps.core.ids import new_id
from apps.delivery.models import Contact, Customer, Deal
from apps.delivery.services.deals import register_contract
from apps.delivery.services.milestones import accept_milestone, complete_milestone
from apps.ledger.models import OutboxMessage
from tenants.context import tenant_context
from tenants.types import TenantRef
from tests.integration.delivery.contracts import SYSTEM, contact_actor, contract, project


def at_once(tenant: TenantRef, *commands: Callable[[], Any]) -> list[Any]:
    """Run the commands in threads that start together; return what each gave, or its refusal."""
    together = Barrier(len(commands))

    def run(command: Callable[[], Any]) -> Any:
        try:
            with tenant_context(tenant):
                together.wait(timeout=10)
                return command()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(run, commands))


def test_two_contracts_of_a_new_customer(fresh_tenant: TenantRef):
    def register(number: str) -> Callable[[], Deal]:
        return lambda: register_contract(contract=contract(number), run_id=new_id(), actor=SYSTEM)

    results = at_once(fresh_tenant, *(register(f"C-{number}") for number in range(6)))
    assert [type(result) for result in results] == [Deal] * 6
    with tenant_context(fresh_tenant):
        assert (Customer.objects.count(), Contact.objects.count(), Deal.objects.count()) == (1, 1, 6)


def test_one_contract_by_two_runs(fresh_tenant: TenantRef):
    def register() -> Deal:
        return register_contract(contract=contract(), run_id=new_id(), actor=SYSTEM)

    first, second = sorted(
        at_once(fresh_tenant, register, register), key=lambda one: isinstance(one, DomainError)
    )
    assert isinstance(first, Deal)
    assert second.code == "contract_already_registered"


@pytest.mark.parametrize("command", ["complete", "accept"])
def test_a_double_click(fresh_tenant: TenantRef, command: str):
    with tenant_context(fresh_tenant):
        kickoff = project().milestones.get(sequence=1)
        ada = contact_actor()
        if command == "accept":
            complete_milestone(milestone_id=kickoff.id, actor=SYSTEM)

    def click() -> Any:
        if command == "accept":
            return accept_milestone(milestone_id=kickoff.id, actor=ada)
        return complete_milestone(milestone_id=kickoff.id, actor=SYSTEM)

    results = at_once(fresh_tenant, click, click)
    assert sorted(getattr(result, "code", "done") for result in results) == ["done", "illegal_transition"]
    with tenant_context(fresh_tenant):
        told = {"complete": "milestone.completed", "accept": "milestone.accepted"}[command]
        assert OutboxMessage.objects.filter(type=told).count() == 1
