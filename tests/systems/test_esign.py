"""The e-signature client: real Connect shape, right signatures, and a mapping that yields the contract."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from apps.core.expressions import ExpressionError, resolve
from config.demo.esign import (
    MAPPING_FILE,
    Contact,
    Contract,
    Party,
    PlannedMilestone,
    build_envelope,
    encode,
    post_envelope,
    sign,
    standard_documents,
)

MAPPING = yaml.safe_load(MAPPING_FILE.read_text())


def contract(**changes: Any) -> Contract:
    """A complete contract, changed as told."""
    values: dict[str, Any] = {
        "contract_id": "C-2026-014",
        "title": "CRM rollout",
        "customer": Party(
            "K-100", "Nordwind GmbH", "DE", (Contact("Anna Öz", "anna@nordwind.example"),), "de"
        ),
        "amount": Decimal(125000),
        "region": "EU",
        "start_date": date(2026, 12, 1),
        "signed_at": datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        "purchase_order": "PO-7",
        "purchase_order_valid_until": date(2027, 1, 31),
        "documents": standard_documents("PO-7", valid_until=date(2027, 1, 31)),
        "milestones": (
            PlannedMilestone("Kickoff", Decimal(25000), date(2026, 12, 15)),
            PlannedMilestone("Go-live", Decimal(100000)),
        ),
    }
    return Contract(**{**values, **changes})


def mapped(body: dict[str, Any]) -> dict[str, Any]:
    """Applies the mapping the way a hook does."""
    scope: dict[str, Any] = {"body": body, "headers": {}}
    for name, value in MAPPING["let"].items():
        scope[name] = resolve(value, scope)
    return {part: resolve(MAPPING[part], scope) for part in ("when", "event", "id", "subject", "data")}


def test_mapping_yields_the_contract() -> None:
    body = json.loads(encode(build_envelope(contract())))
    result = mapped(body)
    data = result.pop("data")
    assert result == {
        "when": True,
        "event": "contract.signed",
        "id": f"{contract().envelope_id}:envelope-completed",
        "subject": "contract/C-2026-014",
    }
    reference = f"/envelopes/{contract().envelope_id}/documents"
    assert data.pop("documents") == [
        {
            "kind": "statement_of_work",
            "name": "Statement of work.pdf",
            "reference": f"{reference}/1",
            "valid_until": None,
        },
        {
            "kind": "security_annex",
            "name": "Security annex.pdf",
            "reference": f"{reference}/2",
            "valid_until": None,
        },
        {
            "kind": "purchase_order",
            "name": "Purchase order PO-7.pdf",
            "reference": f"{reference}/3",
            "valid_until": "2027-01-31",
        },
    ]
    assert data == {
        "contract_id": "C-2026-014",
        "title": "CRM rollout",
        "customer": {
            "external_id": "K-100",
            "name": "Nordwind GmbH",
            "country": "DE",
            "language": "de",
            "contacts": [{"name": "Anna Öz", "email": "anna@nordwind.example"}],
        },
        "amount": {"amount": "125000.00", "currency": "EUR"},
        "region": "EU",
        "signed_at": "2026-11-20T09:30:00.000000Z",
        "start_date": "2026-12-01",
        "purchase_order": {"number": "PO-7", "valid_until": "2027-01-31"},
        "milestones": [
            {"name": "Kickoff", "amount": {"amount": "25000.00", "currency": "EUR"}, "due": "2026-12-15"},
            {"name": "Go-live", "amount": {"amount": "100000.00", "currency": "EUR"}, "due": None},
        ],
    }


def test_what_may_be_missing_becomes_null_or_empty() -> None:
    bare = contract(purchase_order=None, purchase_order_valid_until=None, milestones=(), documents=())
    data = mapped(build_envelope(bare))["data"]
    assert data["purchase_order"] == {"number": None, "valid_until": None}
    assert (data["documents"], data["milestones"]) == ([], [])


def test_one_document_left_out() -> None:
    documents = standard_documents("PO-7", valid_until=None, without=["security_annex"])
    data = mapped(build_envelope(contract(documents=documents)))["data"]
    assert [document["kind"] for document in data["documents"]] == ["statement_of_work", "purchase_order"]


def test_missing_contract_data_fails_the_mapping() -> None:
    body = build_envelope(contract())
    body["data"]["envelopeSummary"]["customFields"]["textCustomFields"].pop(0)
    with pytest.raises(ExpressionError):
        mapped(body)


def test_same_contract_same_bytes_other_contract_other_envelope() -> None:
    assert encode(build_envelope(contract())) == encode(build_envelope(contract()))
    assert contract().envelope_id != contract(contract_id="C-2026-015").envelope_id


def test_posts_the_signed_raw_body() -> None:
    received: dict[str, Any] = {}

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received["headers"] = dict(self.headers)
            received["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/hooks/1"
    answer = post_envelope(url, build_envelope(contract()), "s3cret", host="eu.example.test")
    thread.join()
    server.server_close()

    expected = base64.b64encode(hmac.new(b"s3cret", received["body"], hashlib.sha256).digest()).decode()
    assert answer.status_code == 202
    assert received["headers"]["X-DocuSign-Signature-1"] == expected == sign(received["body"], "s3cret")
    assert received["headers"]["Host"] == "eu.example.test"
    assert json.loads(received["body"])["event"] == "envelope-completed"


def test_an_envelope_that_is_not_completed_is_no_event() -> None:
    body = build_envelope(contract())
    body["event"] = "envelope-sent"
    assert mapped(body)["when"] is False
