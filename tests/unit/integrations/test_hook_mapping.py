"""Mappings of inbound hooks."""

import dataclasses
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import yaml

from apps.integrations.exceptions import MappingFailed
from apps.integrations.inbound.mapping import external_id, map_message, mapping_problems, read_body
from config.demo import esign

MAPPING = {
    "event": "ticket.closed",
    "id": "= body.id",
    "when": "body.kind == 'closed'",
    "subject": "= 'ticket/' + body.id",
    "data": {"ticket_id": "= body.id", "tags": ["= body.tags[0]", "fixed"], "at": "= received_at"},
}
SCOPE = {
    "body": {"id": "T-1", "kind": "closed", "tags": ["a"]},
    "headers": {},
    "received_at": "2026-01-01T00:00:00Z",
}


def test_message_becomes_an_event():
    event = map_message(MAPPING, SCOPE)
    assert event is not None
    assert (event.type, event.subject) == ("ticket.closed", "ticket/T-1")
    assert event.data == {"ticket_id": "T-1", "tags": ["a", "fixed"], "at": "2026-01-01T00:00:00Z"}


def test_message_that_is_not_wanted_is_none():
    assert map_message(MAPPING, SCOPE | {"body": {"kind": "opened"}}) is None


@pytest.mark.parametrize(
    ("change", "body", "pointer"),
    [
        ({}, {"id": "T-1", "kind": "closed"}, "/mapping/data/tags/0"),
        ({"event": "= body.nothing"}, SCOPE["body"], "/mapping/event"),
        ({"event": "= 'No Type'"}, SCOPE["body"], "/mapping/event"),
        ({"subject": "= body.id"}, SCOPE["body"], "/mapping/subject"),
        ({"data": "= body.tags"}, SCOPE["body"], "/mapping/data"),
        ({"when": "body.nothing == 1"}, SCOPE["body"], "/mapping/when"),
        ({"subject": "", "data": {"x": "= body.id"}}, {"id": "a\x00b", "kind": "closed"}, "/mapping/data"),
        ({"subject": ""}, {"id": "\ud800", "kind": "closed", "tags": [1]}, "/mapping/data/ticket_id"),
    ],
)
def test_failure_names_the_place_in_the_mapping(change, body, pointer):
    with pytest.raises(MappingFailed) as caught:
        map_message(MAPPING | change, SCOPE | {"body": body})
    assert caught.value.pointer == pointer
    assert caught.value.message


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b'{"a": Infinity}', b"[" * 100_000])
def test_body_that_is_not_json(body):
    with pytest.raises(MappingFailed) as caught:
        read_body(body)
    assert caught.value.code == "not_json"


def test_external_id_is_found_or_empty():
    assert external_id(MAPPING, b'{"id": "T-9"}', {}) == "T-9"
    assert external_id(MAPPING | {"id": "= body.n"}, b'{"n": 12}', {}) == "12"
    assert external_id(MAPPING | {"id": "= headers['x-id']"}, b"{}", {"x-id": "h"}) == "h"
    for body in (b"{}", b"not json", b'{"id": {"a": 1}}', b'{"id": true}'):
        assert external_id(MAPPING, body, {}) == ""
    assert external_id({"event": "a.b", "data": {}}, b'{"id": 1}', {}) == ""


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ({"data": {}}, "/mapping/event"),
        ({"event": "Signed", "data": {}}, "/mapping/event"),
        ({"event": "a.b"}, "/mapping/data"),
        ({"event": "a.b", "data": {"x": "= body."}}, "/mapping/data/x"),
        ({"event": "a.b", "data": {"x": ["= 1 +"]}}, "/mapping/data/x/0"),
        ({"event": "a.b", "data": {}, "when": "body ="}, "/mapping/when"),
        ({"event": "a.b", "data": {}, "id": 5}, "/mapping/id"),
        ({"event": "a.b", "data": {}, "evnt": 1}, "/mapping/evnt"),
    ],
)
def test_problems_are_named_with_pointer_and_remedy(mapping, pointer):
    found = {problem.pointer: problem for problem in mapping_problems(mapping)}
    assert pointer in found
    assert found[pointer].remedy


def test_docusign_mapping_of_the_demonstration():
    mapping = yaml.safe_load(esign.MAPPING_FILE.read_text())
    assert mapping_problems(mapping) == []
    contract = esign.Contract(
        contract_id="C-1",
        title="Rollout",
        customer=esign.Party("K-1", "Contoso AG", "CH", (esign.Contact("Ann", "ann@contoso.example"),)),
        amount=Decimal("125000.00"),
        region="EU",
        start_date=date(2026, 5, 1),
        signed_at=datetime(2026, 4, 1, tzinfo=UTC),
        documents=esign.standard_documents("PO-7", valid_until=None, without=["security_annex"]),
    )
    body = esign.encode(esign.build_envelope(contract))
    assert external_id(mapping, body, {}) == f"{contract.envelope_id}:envelope-completed"
    event = map_message(mapping, {"body": read_body(body), "headers": {}, "received_at": ""})
    assert event is not None
    assert (event.type, event.subject) == ("contract.signed", "contract/C-1")
    assert event.data["amount"] == {"amount": "125000.00", "currency": "EUR"}
    assert [document["kind"] for document in event.data["documents"]] == [
        "statement_of_work",
        "purchase_order",
    ]
    assert json.dumps(dataclasses.asdict(event))
