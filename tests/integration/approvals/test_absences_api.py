"""Absences, passing on, hand-overs and forecasts over REST."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.services import create_api_key
from apps.core.clock import now
from apps.core.ids import new_id
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

Api = Callable[..., Any]
ICS = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{day}\r\nSUMMARY:Away\r\nEND:VEVENT\r\nEND:VCALENDAR"


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


@pytest.fixture
def api(staff: Staff, in_alpha: TenantRef, client: Client) -> Api:
    keys: dict[str, str] = {}

    def call(name: str, path: str, body: Any = None, method: str = "") -> Any:
        if name not in keys:
            _row, keys[name] = create_api_key(
                user_id=staff.user(name).id, name=name, scopes=["*"], actor=SYSTEM
            )
        headers = {"host": f"{in_alpha.primary_host}:8000", "authorization": f"Bearer {keys[name]}"}
        verb = method or ("GET" if body is None else "POST")
        try:
            return client.generic(
                verb,
                f"/api/v1/{path}",
                b"" if body is None else json.dumps(body).encode(),
                content_type="application/json",
                headers=headers,
            )
        finally:
            # A request leaves the connection to nobody.
            connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]

    return call


def soon(days: float) -> str:
    return (now() + timedelta(days=days)).isoformat()


def test_an_absence_is_made_read_and_called_off(api: Api, staff: Staff) -> None:
    mona = str(staff.user("Mona").pk)
    made = api(
        "Rita",
        "delegations",
        {
            "deputy_id": mona,
            "begins_at": soon(-0.1),
            "ends_at": soon(9),
            "limit": {"amount": "5000.00", "currency": "EUR"},
            "policies": ["staffing-approval"],
            "reason": "surgery",
        },
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["user"]["label"], body["deputy"]["label"], body["state"], body["source"]) == (
        "Rita",
        "Mona",
        "active",
        "self",
    )
    assert body["limit"] == {"amount": "5000.00", "currency": "EUR"}
    path = f"delegations/{body['id']}"
    assert made.headers["Location"] == f"/api/v1/{path}"
    assert api("Rita", path).json()["reason"] == "surgery"
    # Whom it concerns knows of it, but not why; others do not; who leads does.
    assert api("Mona", path).json()["reason"] == ""
    assert api("Uma", path).status_code == 404
    assert api("Tina", "delegations?when=active").json()["results"][0]["reason"] == "surgery"
    assert api("Rolf", "delegations").json()["results"] == []
    assert api("Mona", f"{path}/withdraw", {}).status_code == 403
    assert api("Rita", f"{path}/withdraw", {}).json()["state"] == "withdrawn"
    assert api("Rita", f"{path}/withdraw", {}).json()["code"] == "delegation_over"
    assert [row["id"] for row in api("Rita", "delegations?when=over").json()["results"]] == [body["id"]]


def test_bad_absences_are_problems(api: Api, staff: Staff) -> None:
    rita, mona = str(staff.user("Rita").pk), str(staff.user("Mona").pk)
    for body, status, code in (
        ({}, 422, "invalid_input"),
        ({"begins_at": "soon"}, 422, "invalid_input"),
        ({"begins_at": "2026-13-01"}, 422, "invalid_input"),
        ({"begins_at": 5}, 422, "invalid_input"),
        ({"begins_at": "2030-01-02", "ends_at": "2030-01-01"}, 422, "invalid_delegation"),
        ({"begins_at": "2030-01-01", "deputy_id": rita}, 422, "invalid_delegation"),
        ({"begins_at": "2030-01-01", "deputy_id": str(new_id())}, 422, "invalid_delegation"),
        ({"begins_at": "2030-01-01", "user_id": mona}, 403, "forbidden"),
        ({"begins_at": "2030-01-01", "limit": {"amount": "x", "currency": "EUR"}}, 422, "invalid_input"),
    ):
        answer = api("Rita", "delegations", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (body, answer.json())
    api("Rita", "delegations", {"begins_at": "2030-01-01", "deputy_id": mona})
    ring = api("Mona", "delegations", {"begins_at": "2030-01-01", "deputy_id": rita})
    assert (ring.status_code, ring.json()["code"], set(ring.json()["people"])) == (
        409,
        "delegation_ring",
        {"Rita", "Mona"},
    )
    assert api("Rita", "delegations?when=never").status_code == 422


def test_a_calendar_file(api: Api, staff: Staff) -> None:
    text = ICS.format(day=f"{now() + timedelta(days=9):%Y%m%d}")
    made = api("Rita", "absence-feeds", {"text": text})
    assert (made.status_code, made.json()["host"]) == (201, "")
    path = f"absence-feeds/{made.json()['id']}"
    assert len(api("Rita", "delegations?when=planned").json()["results"]) == 1
    assert api("Mona", path).status_code == 404
    assert api("Tina", "absence-feeds").json()["results"][0]["user"]["label"] == "Rita"
    assert api("Rita", path, method="DELETE").status_code == 204
    assert api("Rita", path).status_code == 404
    assert api("Rita", "absence-feeds", {}).json()["errors"][0]["pointer"] == "/url"


def test_a_decision_says_on_whose_behalf(api: Api, staff: Staff) -> None:
    api("Rita", "delegations", {"deputy_id": str(staff.user("Mona").pk), "begins_at": soon(-0.1)})
    publish()
    request = request_of(begin())
    listed = api("Mona", "approvals?mine=true").json()["results"]
    assert [row["id"] for row in listed] == [str(request.id)]
    assert {person["label"] for person in listed[0]["waiting_for"]} == {"Rita", "Rolf", "Mona"}
    assert api("Mona", "approvals").json()["results"] == listed
    answer = api("Mona", f"approvals/{request.id}/decisions", {"outcome": "approve"})
    assert answer.status_code == 201, answer.content
    (decision,) = answer.json()["decisions"]
    assert (decision["decided_by"], decision["on_behalf_of"]["label"]) == ("Mona", "Rita")


def test_people_of_a_request(api: Api, staff: Staff) -> None:
    publish(requested_by=f'"{staff.user("Uma").id}"')
    request = request_of(begin())
    path = f"approvals/{request.id}"
    mona = str(staff.user("Mona").pk)
    assert api("Rita", f"{path}/reassign", {"to_user_id": mona}).status_code == 422
    passed = api("Rita", f"{path}/reassign", {"to_user_id": mona, "reason": "she knows"})
    assert passed.status_code == 200, passed.content
    assert {person["label"] for person in passed.json()["waiting_for"]} == {"Rolf", "Mona"}
    uma = {"to_user_id": str(staff.user("Uma").pk), "reason": "x"}
    refused = api("Tina", f"{path}/approvers", uma)
    assert (refused.status_code, refused.json()["code"]) == (409, "own_request")
    added = api("Mona", f"{path}/approvers", {"to_user_id": str(staff.user("Dora").pk), "reason": "big"})
    assert {person["label"] for person in added.json()["waiting_for"]} == {"Rolf", "Mona", "Dora"}
    facts = api("Rita", f"{path}/facts").json()["results"]
    assert [(fact["kind"], fact["by"], fact["reason"]) for fact in facts] == [
        ("reassigned", "Rita", "she knows"),
        ("added", "Mona", "big"),
    ]
    assert api("Rolf", f"{path}/recall", {"reason": "x"}).status_code == 403
    assert api("Uma", f"{path}/recall", {"reason": "wrong"}).json()["status"] == "cancelled"
    again = api("Uma", f"{path}/recall", {"reason": "wrong"})
    assert (again.status_code, again.json()["code"]) == (409, "approval_closed")
    for name in ("reassign", "approvers"):
        assert api("Tina", f"approvals/{new_id()}/{name}", uma).status_code == 404


def test_what_somebody_holds_is_handed_over(api: Api, staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    rita = str(staff.user("Rita").pk)
    held = api("Tina", f"users/{rita}/holdings").json()
    assert [(thing["kind"], thing["id"], thing["alone"]) for thing in held["results"]] == [
        ("approval", str(request.id), False)
    ]
    assert api("Rita", f"users/{rita}/holdings").status_code == 200
    assert api("Rolf", f"users/{rita}/holdings").status_code == 403
    assert api("Tina", f"users/{new_id()}/holdings").status_code == 404
    body = {"from_user_id": rita, "to_user_id": str(staff.user("Mona").pk), "reason": "leaves"}
    assert api("Rolf", "hand-overs", body).status_code == 403
    assert (
        api("Tina", "hand-overs", body | {"to_user_id": rita}).json()["errors"][0]["pointer"] == "/to_user_id"
    )
    started = api("Tina", "hand-overs", body)
    assert (started.status_code, started.json()["status"]) == (202, "running")
    drain()
    done = api("Tina", f"hand-overs/{started.json()['id']}").json()
    assert (done["status"], done["counts"]) == ("finished", {"done": 1})
    assert [(item["id"], item["state"]) for item in done["items"]] == [(str(request.id), "done")]
    assert api("Tina", f"hand-overs/{new_id()}").status_code == 404


def test_forecasts(api: Api, staff: Staff) -> None:
    publish()
    begin(amount="60000.00")
    made = api("Tina", "coverage-forecasts", {})
    assert made.status_code == 201, made.content
    (finding,) = made.json()["findings"]
    assert (finding["gap"], finding["people"][0]["label"]) == ("one_person", "Dora")
    assert api("Dora", f"coverage-forecasts/{made.json()['id']}").json()["checked"] == 2
    assert len(api("Dora", "coverage-forecasts").json()["results"]) == 1
    assert api("Rita", "coverage-forecasts").status_code == 403
    assert api("Tina", "coverage-forecasts", {"policy": "nothing"}).status_code == 404
    assert api("Tina", "coverage-forecasts", {"days": 0}).status_code == 422


def test_a_policy_is_published_with_open_eyes(api: Api, staff: Staff) -> None:
    definition = {"stages": [{"name": "Director", "approvers": {"role": "delivery_director"}}]}
    assert api("Tina", "approval-policies/two/publish", {}).status_code == 404
    drafted = {"key": "two", "name": "Two", "definition": definition}
    assert api("Tina", "approval-policies", drafted).status_code == 201
    stopped = api("Tina", "approval-policies/two/publish", {"stop_at_gaps": True})
    assert (stopped.status_code, stopped.json()["code"]) == (409, "coverage_gaps")
    (finding,) = stopped.json()["findings"]
    assert (finding["gap"], finding["fix"]) == (
        "one_person",
        "All hangs on Dora: name a deputy in time, or let others be asked too (delivery director).",
    )
    seen = api("Tina", f"coverage-forecasts/{stopped.json()['coverage_forecast_id']}").json()
    assert seen["scope"] == "policy/two"
    published = api("Tina", "approval-policies/two/publish", {})
    assert published.status_code == 200
    assert published.json()["status"] == "published"
    assert published.json()["coverage"]["findings"][0]["gap"] == "one_person"
    assert api("Rita", "approval-policies/two/publish", {}).status_code == 403
