"""The real ERP through the product's own connector: customer, project and a posted invoice, by configuration alone."""

from typing import Any

import pytest

from apps.core.http import SafeClient
from apps.integrations.connectors.rest.connector import RestConnection, RestConnector
from apps.integrations.exceptions import OperationError
from apps.integrations.types import Secret
from tests.tryton.reference import CONNECTION
from tests.tryton.server import TrytonServer


def bound(tryton: TrytonServer, key: str) -> RestConnection:
    client = SafeClient(allowed_private=lambda: [tryton.url.removeprefix("http://")])
    return RestConnector(client).bind(CONNECTION, tryton.config, Secret("bearer", {"token": key}))


@pytest.fixture
def erp(tryton: TrytonServer) -> RestConnection:
    return bound(tryton, tryton.key)


def customer(erp: RestConnection, number: str, **more: Any) -> dict[str, Any]:
    values = {"external_id": number, "name": "Südwind GmbH", "city": "München", "email": "b@suedwind.example"}
    return erp.execute("create_customer", values, number, **more, timeout=30).output


def test_customer_project_and_posted_invoice(erp: RestConnection) -> None:
    party = customer(erp, "C-100")
    project = {"name": "Rollout", "reference": "CONTRACT-100", "customer_id": party["id"]}
    assert erp.execute("create_project", project, "p-100", timeout=30).output["number"]
    invoice = {
        "reference": "CONTRACT-100/M1",
        "description": "Kickoff",
        "customer_id": party["id"],
        "address_id": party["address_id"],
        "amount": {"amount": "12500.00", "currency": "EUR"},
    }
    draft = erp.execute("create_invoice", invoice, "i-100", timeout=30).output
    assert draft["state"] == "draft"
    posted = erp.execute("post_invoice", {"id": draft["id"]}, "post-100", timeout=30).output
    assert (posted["state"], posted["total"]) == ("posted", "12500.00")
    assert posted["number"]
    shown = erp.execute("get_invoice", {"id": draft["id"]}, "get-100", timeout=30).output
    assert shown == posted


def test_call_whose_answer_was_lost_is_found_instead_of_repeated(erp: RestConnection) -> None:
    first = customer(erp, "C-200")
    values = {"external_id": "C-200", "name": "Südwind GmbH"}
    again = erp.execute("create_customer", values, "C-200", maybe_sent=True, timeout=30)
    assert again.looked_up is True
    assert again.output == first


def test_refusal_carries_the_words_of_the_erp(erp: RestConnection) -> None:
    customer(erp, "C-300")
    with pytest.raises(OperationError) as caught:
        customer(erp, "C-300")
    assert (caught.value.code, caught.value.retryable) == ("rejected", False)
    assert "must be unique" in caught.value.message


def test_wrong_key_is_not_retried_and_not_shown(tryton: TrytonServer) -> None:
    with pytest.raises(OperationError) as caught:
        customer(bound(tryton, "not-the-key-of-this-erp"), "C-400")
    assert (caught.value.code, caught.value.retryable) == ("not_authorised", False)
    assert "not-the-key" not in f"{caught.value.message} {caught.value.details}"
