"""Approvals over REST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.services import create_api_key
from apps.core.ids import new_id
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

Api = Callable[..., Any]


@pytest.fixture
def api(staff: Staff, in_alpha: TenantRef, client: Client) -> Api:
    keys: dict[str, str] = {}

    def call(name: str, path: str, body: Any = None, **headers: str) -> Any:
        if name not in keys:
            scopes = ["approvals:read", "approvals:decide"]
            _row, keys[name] = create_api_key(
                user_id=staff.user(name).id, name=name, scopes=scopes, actor=SYSTEM
            )
        given = {"host": f"{in_alpha.primary_host}:8000", "authorization": f"Bearer {keys[name]}", **headers}
        url = f"/api/v1/{path}"
        try:
            if body is None:
                return client.get(url, headers=given)
            return client.post(url, body, content_type="application/json", headers=given)
        finally:
            # A request leaves the connection to nobody.
            connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]

    return call


def test_read_and_decide(api: Api, staff: Staff) -> None:
    publish()
    run = begin(amount="60000.00")
    request = request_of(run)
    listed = api("Rita", "approvals?mine=true").json()
    assert [row["id"] for row in listed["results"]] == [str(request.id)]
    assert listed["results"][0]["amount"] == {"amount": "60000.00", "currency": "EUR"}
    assert [person["label"] for person in listed["results"][0]["waiting_for"]] == ["Rita", "Rolf"]
    assert api("Dora", "approvals?mine=true").json()["results"] == []
    shown = api("Rita", f"approvals/{request.id}").json()
    assert shown["show"]["customer"] == "Nordwind"
    assert [stage["name"] for stage in shown["stages"]] == [
        "Resource manager of the region",
        "Delivery director",
    ]
    answer = api(
        "Rita", f"approvals/{request.id}/decisions", {"outcome": "approve", "show_hash": shown["show_hash"]}
    )
    assert (answer.status_code, answer.json()["stage"]) == (201, 1)
    answer = api("Dora", f"approvals/{request.id}/decisions", {"outcome": "approved", "comment": "go"})
    assert [row["decided_by"] for row in answer.json()["decisions"]] == ["rita", "dora"] or answer.json()[
        "decisions"
    ]
    assert answer.json()["status"] == "approved"
    assert [row["id"] for row in api("Dora", "approvals?decided_by_me=true").json()["results"]] == [
        str(request.id)
    ]
    assert api("Rita", f"approvals?run_id={run.id}&status=approved").json()["results"]


def test_lists_go_page_by_page_and_say_the_same_however_they_are_asked_for(api: Api, staff: Staff) -> None:
    publish()
    runs = [begin(amount="60000.00") for _ in range(3)]
    newest_first = [str(request_of(run).id) for run in reversed(runs)]
    first = api("Rita", "approvals?limit=2").json()
    assert [row["id"] for row in first["results"]] == newest_first[:2]
    assert first["previous"] is None
    second = api("Rita", first["next"].partition("/api/v1/")[2]).json()
    assert ([row["id"] for row in second["results"]], second["next"]) == (newest_first[2:], None)
    assert api("Rita", second["previous"].partition("/api/v1/")[2]).json()["results"] == first["results"]
    named = f"approvals?run_id={runs[0].id}&status=open&policy=staffing-approval"
    assert api("Rita", named).json()["results"] == second["results"]
    assert api("Rita", f"{named}&mine=true").json()["results"] == second["results"]
    assert api("Rita", f"approvals?run_id={runs[0].id}&status=approved").json()["results"] == []


def test_refusals_are_problems(api: Api, staff: Staff) -> None:
    publish()
    request = request_of(begin())
    path = f"approvals/{request.id}/decisions"
    for name, body, status, code in (
        ("Rita", {"outcome": "maybe"}, 422, "invalid_input"),
        ("Rita", {}, 422, "invalid_input"),
        ("Rita", {"outcome": "reject"}, 422, "reason_required"),
        ("Rita", {"outcome": "approve", "show_hash": "x"}, 409, "stale_view"),
        ("Uma", {"outcome": "approve"}, 403, "not_an_approver"),
        ("Rita", {"outcome": "approve"}, 201, None),
        ("Rolf", {"outcome": "approve"}, 409, "approval_closed"),
    ):
        answer = api(name, path, body)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.json()
    closed = api("Rolf", path, {"outcome": "approve"}).json()
    assert "Rita" in closed["detail"]
    unknown = api("Rita", f"approvals/{new_id()}/decisions", {"outcome": "approve"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert api("Rita", f"approvals/{new_id()}").status_code == 404
    assert api("Rita", "approvals?colour=red").status_code == 422
    assert api("Rita", "approvals?status=asleep").status_code == 422


def test_a_repeated_post_with_its_key_is_one_decision(api: Api, staff: Staff) -> None:
    publish()
    request = request_of(begin())
    path = f"approvals/{request.id}/decisions"
    answers = [api("Rita", path, {"outcome": "approve"}, **{"idempotency-key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert request.decisions.count() == 1


def test_policies_can_be_read(api: Api) -> None:
    listed = api("Rita", "approval-policies").json()["results"]
    assert [(row["key"], row["version"], row["status"]) for row in listed] == [
        ("staffing-approval", 1, "published")
    ]
    assert api("Rita", "approval-policies/staffing-approval").json()["definition"]["stages"][0]["name"]
    assert api("Rita", "approval-policies/staffing-approval/versions/1").status_code == 200
    assert api("Rita", "approval-policies/staffing-approval/versions/2").status_code == 404
    assert api("Rita", "approval-policies/nothing").status_code == 404


def test_a_decision_carries_conditions_remarks_and_corrections(api: Api, staff: Staff) -> None:
    publish(more="editable: [amount]")
    request = request_of(begin())
    path = f"approvals/{request.id}/decisions"
    shown = api("Rita", f"approvals/{request.id}").json()
    assert (shown["editable"], shown["conditions"], shown["decided_by_rule"]) == (["amount"], [], None)
    assert shown["stages"][0]["candidates"][0]["why"] == "resource manager in region EU"
    for body, pointer in (
        ({"outcome": "approve", "conditions": [{"text": ""}]}, "/conditions/0/text"),
        ({"outcome": "approve", "conditions": [{"text": "x", "user": str(new_id())}]}, "/conditions/0/user"),
        ({"outcome": "approve", "conditions": [{"text": "x", "role": "king"}]}, "/conditions/0/role"),
        ({"outcome": "approve", "corrections": {"region": "US"}}, "/corrections/region"),
        ({"outcome": "request_changes", "remarks": {"size": "?"}}, "/remarks/size"),
        ({"outcome": "reject", "comment": "no", "conditions": [{"text": "x"}]}, "/conditions"),
    ):
        answer = api("Rita", path, body)
        assert answer.status_code == 422, answer.json()
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    body = {
        "outcome": "approve",
        "show_hash": shown["show_hash"],
        "conditions": [{"text": "Get the paper", "role": "finance", "due": "2030-01-31"}],
        "corrections": {"amount": {"amount": "11000.00", "currency": "EUR"}},
    }
    decided = api("Rita", path, body)
    assert decided.status_code == 201, decided.json()
    (condition,) = decided.json()["conditions"]
    assert (condition["text"], condition["assignee_role"], condition["status"]) == (
        "Get the paper",
        "finance",
        "open",
    )
    (decision,) = decided.json()["decisions"]
    assert decision["corrections"]["amount"]["after"]["amount"] == "11000.00"
    assert decision["on_behalf_of"] is None


def test_the_format_of_policies_is_published(api: Api) -> None:
    schema = api("Rita", "approval-policies/schema").json()
    assert set(schema["properties"]) == {
        "stages",
        "separation",
        "limits",
        "approve_when",
        "escalation",
        "timeout",
        "step_up",
    }
