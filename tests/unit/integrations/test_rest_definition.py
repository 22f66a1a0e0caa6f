"""Definitions of connections: what is wrong is said with pointer and remedy."""

from pathlib import Path

import pytest
import yaml

from apps.core.http import SafeClient
from apps.integrations.connectors.excerpts import MASK, MAX_EXCERPT, excerpt, mask
from apps.integrations.connectors.rest.answer import retry_after, vendor_code, vendor_message
from apps.integrations.connectors.rest.connector import RestConnector
from apps.integrations.connectors.rest.parse import parse_definition
from apps.integrations.exceptions import InvalidConnection
from apps.integrations.types import Secret

GOOD = {"method": "POST", "path": "/x", "body": {"a": "= input.a"}, "idempotency": {"kind": "key"}}
WITHOUT_FOUND = {"kind": "query", "lookup": {"path": "/"}}
TRYTON = Path(__file__).parents[2] / "tryton" / "connection.yaml"


def problems_of(definition) -> dict[str, str]:
    with pytest.raises(InvalidConnection) as caught:
        parse_definition(definition)
    assert all(problem.remedy for problem in caught.value.errors)
    return {problem.pointer: problem.code for problem in caught.value.errors}


def one(**change):
    return {"operations": {"go": GOOD | change}}


@pytest.mark.parametrize(
    ("definition", "pointer", "code"),
    [
        ({}, "/operations", "not_an_object"),
        ({"operations": {}}, "/operations", "empty"),
        ({"operations": []}, "/operations", "not_an_object"),
        ({"operations": {"go": 5}}, "/operations/go", "not_an_object"),
        ({"operations": {"Go Now": GOOD}}, "/operations/Go Now", "bad_name"),
        ({"format": 2, "operations": {"go": GOOD}}, "/format", "unknown_format"),
        ({"operations": {"go": GOOD}, "test": "gone"}, "/test", "unknown_operation"),
        ({"operations": {"go": GOOD}, "auth": {"kind": "magic"}}, "/auth/kind", "bad_kind"),
        ({"operations": {"go": GOOD}, "headers": {"Host": "x"}}, "/headers/Host", "bad_header"),
        ({"operations": {"go": GOOD}, "headers": {"a b": "x"}}, "/headers/a b", "bad_header"),
        ({"operations": {"go": GOOD}, "extra": 1}, "/extra", "unknown_member"),
        (one(method="FETCH"), "/operations/go/method", "bad_method"),
        (one(path=None), "/operations/go/path", "missing"),
        (one(path="x"), "/operations/go/path", "not_a_path"),
        (one(path="/x/{input.}"), "/operations/go/path", "bad_expression"),
        (one(path="/x/{response.id}"), "/operations/go/path", "unknown_name"),
        (one(body={"a": ["= 1 +"]}), "/operations/go/body/a/0", "bad_expression"),
        (one(body={"a": "= steps.docs"}), "/operations/go/body/a", "unknown_name"),
        (one(result={"a": "= vars.x"}), "/operations/go/result/a", "unknown_name"),
        (one(success="response.status ="), "/operations/go/success", "bad_expression"),
        (one(success=["200"]), "/operations/go/success", "not_statuses"),
        (one(success=[20]), "/operations/go/success", "not_statuses"),
        (one(idempotency=None), "/operations/go/idempotency", "missing"),
        (one(idempotency={"kind": "maybe"}), "/operations/go/idempotency/kind", "bad_kind"),
        (one(idempotency={"kind": "query"}), "/operations/go/idempotency/lookup", "bad_lookup"),
        (one(idempotency={"kind": "key", "lookup": {}}), "/operations/go/idempotency/lookup", "bad_lookup"),
        (
            one(idempotency={"kind": "query", "lookup": {"path": "/"}}),
            "/operations/go/idempotency/lookup/found",
            "not_an_expression",
        ),
        (one(timeout=0), "/operations/go/timeout", "bad_timeout"),
        (one(timeout=True), "/operations/go/timeout", "bad_timeout"),
        (one(timeout=600), "/operations/go/timeout", "bad_timeout"),
        (one(input={"type": "nonsense"}), "/operations/go/input", "bad_schema"),
        (one(content="xml"), "/operations/go/content", "bad_content"),
        (one(errors={"retryable": "429"}), "/operations/go/errors/retryable", "not_statuses"),
        (one(retries=5), "/operations/go/retries", "unknown_member"),
    ],
)
def test_problems(definition, pointer, code):
    assert problems_of(definition)[pointer] == code


def test_all_problems_are_named_at_once():
    assert (
        len(
            problems_of(
                {"operations": {"go": GOOD | {"method": "X", "path": "y", "timeout": 0}}, "test": "z"}
            )
        )
        == 4
    )


def test_safe_methods_need_no_idempotency():
    parsed = parse_definition({"operations": {"look": {"path": "/x"}}})
    assert parsed.operations["look"].idempotency.kind == "natural"


def test_definition_of_a_real_erp_is_read():
    parsed = parse_definition(yaml.safe_load(TRYTON.read_text()))
    assert "create_customer" in parsed.operations
    assert parsed.operations["create_customer"].idempotency.lookup is not None


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({}, "/config/base_url"),
        ({"base_url": "ftp://x.example"}, "/config/base_url"),
        ({"base_url": "https://user:pw@x.example"}, "/config/base_url"),
        ({"base_url": "https://x.example/?a=1"}, "/config/base_url"),
        ({"base_url": "https://x.example"}, "/config/company"),
    ],
)
def test_configuration_is_checked(config, pointer):
    with pytest.raises(InvalidConnection) as caught:
        RestConnector(SafeClient()).bind({"requires": ["company"], **one()}, config, None)
    assert pointer in [problem.pointer for problem in caught.value.errors]


def test_credential_of_another_kind_is_refused():
    definition = {"auth": {"kind": "bearer"}, **one()}
    with pytest.raises(InvalidConnection):
        RestConnector(SafeClient()).bind(
            definition, {"base_url": "https://x.example"}, Secret("basic", {"username": "u", "password": "p"})
        )


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (
            {"error": {"code": "invalid", "field": "region", "message": "Unknown."}},
            "region: Unknown.",
            "invalid",
        ),
        ({"title": "Bad", "detail": "Too long", "code": 7}, "Too long", "7"),
        ({"errors": [{"field": "a", "message": "x"}, {"message": "y"}]}, "a: x; y", ""),
        ({"error": "invalid_grant", "error_description": "Expired"}, "Expired", ""),
        ("<html>  Bad\n gateway </html>", "<html> Bad gateway </html>", ""),
        (["UserError", ["The party is missing.", ""]], "UserError; The party is missing.", ""),
        ({}, "", ""),
        (None, "", ""),
        ({"message": {"message": {"message": {"message": {"message": "deep"}}}}}, "", ""),
    ],
)
def test_vendors_words_are_found(body, message, code):
    assert vendor_message(body) == message
    assert vendor_code(body) == code


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("1.5", 1.5),
        ("999999", 3600.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after(header) == seconds


def test_secrets_are_masked_by_name_and_by_value():
    shown = mask(
        {
            "password": "p",
            "apiKey": "k",
            "note": "the hunter2 key",
            "list": [{"access_token": "t"}],
            "tokens": None,
        },
        ["hunter2"],
    )
    assert shown == {
        "password": MASK,
        "apiKey": MASK,
        "note": f"the {MASK} key",
        "list": [{"access_token": MASK}],
        "tokens": None,
    }
    long = excerpt({"a": "x" * 10_000})
    assert len(long["excerpt"]) == MAX_EXCERPT
