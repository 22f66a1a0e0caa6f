"""The connection to a real ERP means what it says: each request of it does in Tryton what its name promises."""

from typing import Any

import pytest

from tests.tryton.reference import Reference, Refused
from tests.tryton.server import TrytonServer


@pytest.fixture
def erp(tryton: TrytonServer) -> Reference:
    """The ERP through its connection."""
    return Reference(tryton)


def customer(erp: Reference, number: str) -> dict[str, Any]:
    """A customer made through the connection."""
    return erp.perform(
        "create_customer",
        external_id=number,
        name="Nordwind GmbH",
        city="Berlin",
        email="anna@nordwind.example",
    )


def draft_invoice(erp: Reference, number: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft invoice for a new customer, with the input it was made from."""
    party = customer(erp, number)
    values = {
        "reference": f"{number}/M1",
        "description": "Kickoff",
        "customer_id": party["id"],
        "address_id": party["address_id"],
        "amount": {"amount": "12500.00", "currency": "EUR"},
    }
    return erp.perform("create_invoice", **values), values


def test_customer_is_made_once_and_found_again(erp: Reference) -> None:
    assert erp.look_up("create_customer", external_id="K-1") is None
    made = customer(erp, "K-1")
    assert made["code"] == "K-1"
    assert erp.look_up("create_customer", external_id="K-1") == made
    with pytest.raises(Refused, match="must be unique"):
        customer(erp, "K-1")


def test_customer_can_be_deactivated_twice(erp: Reference) -> None:
    made = customer(erp, "K-2")
    for _ in range(2):
        assert erp.perform("deactivate_customer", id=made["id"]) == {"id": made["id"]}
    assert erp.look_up("create_customer", external_id="K-2") is None


def test_project_is_found_by_our_reference_and_can_be_deleted_twice(erp: Reference) -> None:
    values = {"name": "CRM rollout", "reference": "C-2026-014", "customer_id": customer(erp, "K-3")["id"]}
    assert erp.look_up("create_project", **values) is None
    made = erp.perform("create_project", **values)
    assert erp.look_up("create_project", **values) == made
    for _ in range(2):
        erp.perform("delete_project", id=made["id"])
    assert erp.look_up("create_project", **values) is None


def test_invoice_is_drafted_posted_and_not_posted_again(erp: Reference) -> None:
    made, values = draft_invoice(erp, "K-4")
    assert made["state"] == "draft"
    assert erp.look_up("create_invoice", **values) == made
    assert erp.look_up("post_invoice", id=made["id"]) is None

    posted = erp.perform("post_invoice", id=made["id"])
    assert (posted["state"], posted["total"]) == ("posted", "12500.00")
    assert posted["number"]
    with pytest.raises(Refused, match="can not call"):
        erp.perform("post_invoice", id=made["id"])
    assert erp.look_up("post_invoice", id=made["id"]) == posted == erp.perform("get_invoice", id=made["id"])


def test_wrong_key_is_refused(tryton: TrytonServer) -> None:
    with pytest.raises(Refused) as refused:
        Reference(tryton, key="wrong").perform("get_invoice", id=1)
    assert refused.value.status == 401
