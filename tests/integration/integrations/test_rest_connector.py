"""The generic-rest connector against the systems of record."""

import pytest

from apps.core.http import SafeClient
from apps.integrations.connectors.rest.connector import RestConnector
from apps.integrations.exceptions import OperationError
from tests.integration.integrations.conftest import CREATE_PROJECT, definition_of

LOOKED_UP = CREATE_PROJECT | {
    "idempotency": {
        "kind": "query",
        "lookup": {
            "method": "GET",
            "path": "/psa/projects",
            "query": {"name": "= input.name"},
            "found": "= size(response.body.results) > 0",
            "result": {"id": "= response.body.results[0].id"},
        },
    }
}


def refused(connection, name="create_project", key="k-1", values=None, **more) -> OperationError:
    with pytest.raises(OperationError) as caught:
        connection.execute(name, {"name": "Contoso"} if values is None else values, key, **more)
    return caught.value


def test_success_gives_the_declared_result_and_masked_excerpts(bind, systems):
    result = bind({"create_project": CREATE_PROJECT}).execute("create_project", {"name": "Contoso"}, "k-1")
    assert result.output == {"id": "PRJ-000001", "status": "active"}
    assert result.request["body"] == {"name": "Contoso", "region": "EU"}
    assert result.response["status"] == 201
    assert systems.tokens["psa"] not in str(result)
    assert [line["key"] for line in systems.effects()] == ["k-1"]


def test_same_key_has_one_effect(bind, systems):
    connection = bind({"create_project": CREATE_PROJECT})
    outputs = [connection.execute("create_project", {"name": "Contoso"}, "k-1").output for _ in range(3)]
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(systems.effects()) == 1


def test_503_is_retryable_and_says_when(bind, systems):
    systems.misbehave("create_project", {"status": 503, "retry_after": 7})
    error = refused(bind({"create_project": CREATE_PROJECT}))
    assert (error.code, error.retryable, error.ambiguous, error.retry_after) == (
        "unavailable",
        True,
        False,
        7.0,
    )


def test_422_is_not_retryable_and_carries_the_vendors_words(bind, systems):
    body = {"error": {"code": "invalid_field", "field": "region", "message": "Region XX is not known."}}
    systems.misbehave("create_project", {"status": 422, "body": body})
    error = refused(bind({"create_project": CREATE_PROJECT}))
    assert (error.code, error.retryable) == ("rejected", False)
    assert error.message == "The system refused it (422): region: Region XX is not known."
    assert error.details["vendor"] == {"message": "region: Region XX is not known.", "code": "invalid_field"}
    assert error.details["response"]["body"] == body
    assert error.details["request"]["body"] == {"name": "Contoso", "region": "EU"}


def test_declared_codes_and_texts_of_errors_win(bind, systems):
    systems.misbehave("create_project", {"status": 409, "body": {"fault": {"text": "locked"}}})
    errors = {"retryable": [409], "message": "= response.body.fault.text", "code": "= 'LOCKED'"}
    error = refused(bind({"create_project": CREATE_PROJECT | {"errors": errors}}))
    assert error.retryable is True
    assert error.details["vendor"] == {"message": "locked", "code": "LOCKED"}


def test_wrong_token_is_not_retryable_and_not_shown(bind):
    error = refused(bind({"create_project": CREATE_PROJECT}, token="a-wrong-token"))
    assert (error.code, error.retryable) == ("not_authorised", False)
    assert "a-wrong-token" not in f"{error.message} {error.details}"


@pytest.mark.parametrize("mood", [{"cut": True}, {"hang": True}])
def test_lost_answer_under_a_key_is_retried_without_a_second_effect(bind, systems, mood):
    systems.misbehave("create_project", mood)
    connection = bind({"create_project": CREATE_PROJECT})
    error = refused(connection, timeout=0.5)
    assert (error.retryable, error.ambiguous) == (True, True)
    assert connection.execute("create_project", {"name": "Contoso"}, "k-1").output["id"] == "PRJ-000001"
    assert len(systems.effects()) == 1


@pytest.mark.parametrize("mood", [{"cut": True}, {"hang": True}, {"status": 500}, {"status": 504}])
def test_lost_answer_of_an_operation_without_idempotency_is_for_a_person(bind, systems, mood):
    systems.misbehave("create_project", mood)
    connection = bind({"create_project": CREATE_PROJECT | {"idempotency": {"kind": "none"}}})
    assert connection.sends_once("create_project") is True
    error = refused(connection, timeout=0.5)
    assert (error.code, error.retryable, error.ambiguous) == ("outcome_unknown", False, True)


def test_unavailability_of_an_operation_without_idempotency_is_retried(bind, systems):
    systems.misbehave("create_project", {"status": 503})
    error = refused(bind({"create_project": CREATE_PROJECT | {"idempotency": {"kind": "none"}}}))
    assert (error.code, error.retryable) == ("unavailable", True)


def test_lookup_finds_the_effect_of_a_lost_answer(bind, systems):
    systems.misbehave("create_project", {"cut": True})
    connection = bind({"create_project": LOOKED_UP})
    assert refused(connection).retryable is True
    found = connection.execute("create_project", {"name": "Contoso"}, "k-1", maybe_sent=True)
    assert found.looked_up is True
    assert found.output == {"id": "PRJ-000001"}
    assert len(systems.effects()) == 1


def test_lookup_that_finds_nothing_leads_to_the_call(bind, systems):
    result = bind({"create_project": LOOKED_UP}).execute(
        "create_project", {"name": "New"}, "k-1", maybe_sent=True
    )
    assert result.looked_up is False
    assert len(systems.effects()) == 1


def test_lookup_that_fails_is_retried_and_nothing_is_sent(bind, systems):
    systems.misbehave("list_projects", {"status": 503})
    error = refused(bind({"create_project": LOOKED_UP}), maybe_sent=True)
    assert error.retryable is True
    assert systems.effects() == []


def test_missing_input_is_found_before_anything_is_sent(bind, systems):
    error = refused(bind({"create_project": CREATE_PROJECT}), values={"title": "no name"})
    assert (error.code, error.retryable) == ("request_not_built", False)
    assert "name" in error.message
    assert systems.http.get("/log").json()["count"] == 0


def test_input_schema_is_checked_before_anything_is_sent(bind, systems):
    spec = CREATE_PROJECT | {"input": {"type": "object", "required": ["name"]}}
    error = refused(bind({"create_project": spec}), values={})
    assert error.code == "invalid_input"
    assert systems.http.get("/log").json()["count"] == 0


@pytest.mark.parametrize("value", ["../../erp/invoices", "..", "a/../../b", "", {"a": 1}, True])
def test_values_do_not_leave_their_place_in_the_path(bind, systems, value):
    spec = {"method": "GET", "path": "/psa/projects/{input.id}", "idempotency": {"kind": "natural"}}
    error = refused(bind({"get_project": spec}), "get_project", values={"id": value})
    assert error.code in ("request_not_built", "rejected")
    paths = [line["path"] for line in systems.http.get("/log").json()["results"]]
    assert all(path.startswith("/psa/projects/") for path in paths)


@pytest.mark.parametrize("path", ["= '/psa/' + input.id", "= input.id"])
@pytest.mark.parametrize(
    "value",
    ["../erp", "x/../../erp", "%2e%2e/erp", "//evil.example/", "a b", "a\r\nb", "http://evil.example/"],
)
def test_computed_paths_do_not_lead_elsewhere(bind, systems, path, value):
    error = refused(bind({"get": {"method": "GET", "path": path}}), "get", values={"id": value})
    assert error.code == "request_not_built"
    assert systems.http.get("/log").json()["count"] == 0


def test_placeholders_are_encoded(bind, systems):
    spec = {
        "method": "GET",
        "path": "/psa/projects/{input.id}/time-entries",
        "query": {"status": "= input.status"},
    }
    refused(bind({"entries": spec}), "entries", values={"id": "a/b?c", "status": "x&y=z"})
    assert (
        systems.http.get("/log").json()["results"][0]["path"]
        == "/psa/projects/a%2Fb%3Fc/time-entries?status=x%26y%3Dz"
    )


def test_line_breaks_do_not_enter_headers(bind, systems):
    spec = CREATE_PROJECT | {"headers": {"X-Name": "= input.name"}}
    error = refused(bind({"create_project": spec}), values={"name": "a\r\nX-Evil: 1"})
    assert error.code == "request_not_built"
    assert systems.effects() == []


def test_unreadable_result_is_not_repeated(bind, systems):
    error = refused(bind({"create_project": CREATE_PROJECT | {"result": {"id": "= response.body.nothing"}}}))
    assert (error.code, error.retryable, error.ambiguous) == ("result_not_readable", False, True)
    assert len(systems.effects()) == 1


def test_unknown_operation_and_refused_target():
    definition = definition_of({"create_project": CREATE_PROJECT})
    connection = RestConnector(SafeClient()).bind(definition, {"base_url": "https://127.0.0.1:9"}, None)
    assert refused(connection, "nothing").code == "unknown_operation"
    assert refused(connection).code == "target_refused"
