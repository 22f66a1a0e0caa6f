"""The systems of record: they keep what they answered, act once per key, and misbehave exactly as told."""

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.systems.conftest import SystemsClient

PROJECT = {"name": "CRM rollout", "external_id": "C-1", "region": "EU"}


def test_each_system_wants_its_own_token(systems: SystemsClient) -> None:
    stranger = f"Bearer {systems.tokens['erp']}"
    for value in (None, stranger, "Basic eDp5", "Bearer é"):
        headers = {} if value is None else {b"Authorization": value.encode()}
        answer = systems.http.post("/psa/projects", json=PROJECT, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorized"
    assert systems.effects() == []


def test_same_key_acts_once(systems: SystemsClient) -> None:
    first = systems.call("POST", "/psa/projects", PROJECT, key="k-1")
    again = systems.call("POST", "/psa/projects", PROJECT, key="k-1")
    other_body = systems.call("POST", "/psa/projects", {**PROJECT, "name": "Other"}, key="k-1")
    other_key = systems.call("POST", "/psa/projects", PROJECT, key="k-2")

    assert (first.status_code, again.status_code) == (201, 200)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert other_body.status_code == 422
    assert other_body.json()["error"]["code"] == "idempotency_key_reused"
    assert other_key.json()["id"] != first.json()["id"]
    assert [line["key"] for line in systems.effects(operation="create_project")] == ["k-1", "k-2"]
    assert systems.http.get("/log", params={"kind": "request"}).json()["count"] == 4


def test_without_a_key_duplicates_are_made_and_counted(systems: SystemsClient) -> None:
    for _ in range(2):
        systems.call("POST", "/psa/projects", PROJECT)
    counts = systems.http.get("/log/keys", params={"system": "psa"}).json()
    assert counts == {"effects": 2, "distinct_keys": 0, "without_key": 2, "duplicates": {}}


def test_the_whole_life_of_a_project_and_its_invoice(systems: SystemsClient) -> None:
    customer = systems.call("POST", "/erp/customers", {"name": "Nordwind", "external_id": "K-1"}).json()
    project = systems.call("POST", "/psa/projects", PROJECT).json()
    hours = f"/psa/projects/{project['id']}/time-entries"
    entry = systems.call("POST", hours, {"person": "RES-01", "hours": "7.5"}).json()
    assert systems.call("GET", f"{hours}?status=submitted").json()["submitted"] == 1
    systems.call("POST", f"/psa/time-entries/{entry['id']}/approve")
    booked = systems.call("GET", hours).json()
    assert (booked["total_hours"], booked["approved"], booked["submitted"]) == ("7.5", 1, 0)

    order = systems.call("PUT", "/erp/purchase-orders/PO-7", {"valid_until": "2030-01-31"})
    assert order.status_code == 201
    assert systems.call("GET", "/erp/purchase-orders/PO-7").json()["valid_until"] == "2030-01-31"

    amount = {"amount": "12500.00", "currency": "EUR"}
    invoice = systems.call("POST", "/erp/invoices", {"customer_id": customer["id"], "amount": amount}).json()
    assert invoice["status"] == "posted"
    assert systems.call("POST", f"/erp/invoices/{invoice['id']}/cancel").json()["status"] == "cancelled"
    found = systems.call("GET", "/erp/customers?external_id=K-1").json()["results"]
    assert [each["id"] for each in found] == [customer["id"]]
    assert (
        systems.call("GET", "/psa/resources?region=US&role=consultant").json()["results"][0]["id"] == "RES-06"
    )


@pytest.mark.parametrize(
    ("create", "body", "command", "status"),
    [
        ("/psa/projects", PROJECT, "archive", "archived"),
        ("/erp/customers", {"name": "Nordwind"}, "deactivate", "inactive"),
    ],
)
def test_undoing_twice_changes_something_once(
    systems: SystemsClient, create: str, body: dict[str, Any], command: str, status: str
) -> None:
    record = systems.call("POST", create, body).json()
    for _ in range(2):
        undone = systems.call("POST", f"{create}/{record['id']}/{command}")
        assert (undone.status_code, undone.json()["status"]) == (200, status)
    assert len(systems.effects(subject=record["id"])) == 2  # made, undone


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/psa/projects", {"name": " "}, 422, "name"),
        ("POST", "/psa/projects", ["no object"], 400, None),
        ("GET", "/psa/projects?limit=many", None, 422, "limit"),
        ("GET", "/psa/projects/PRJ-9", None, 404, None),
        ("DELETE", "/psa/projects", None, 405, None),
        ("GET", "/psa/nothing", None, 404, None),
        ("PUT", "/erp/purchase-orders/PO-1", {"valid_until": "soon"}, 422, "valid_until"),
        (
            "POST",
            "/erp/invoices",
            {"customer_id": "CUS-9", "amount": {"amount": "-1", "currency": "EUR"}},
            422,
            "amount",
        ),
        (
            "POST",
            "/erp/invoices",
            {"customer_id": "CUS-9", "amount": {"amount": "1", "currency": "EUR"}},
            422,
            "customer_id",
        ),
        ("POST", "/chat/messages", {"channel": "#ops"}, 422, "text"),
    ],
)
def test_bad_requests_are_refused_like_a_vendor_does(
    systems: SystemsClient, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = systems.call(method, path, body)
    assert answer.status_code == status
    assert answer.json()["error"].get("field") == field
    assert systems.effects() == []


def test_plan_is_followed_then_forgotten(systems: SystemsClient) -> None:
    refusal = {"error": {"code": "invalid_field", "field": "region", "message": "Unknown region."}}
    systems.misbehave(
        "create_project",
        {"status": 503, "times": 2, "retry_after": 1},
        {"status": 422, "body": refusal},
    )
    answers = [systems.call("POST", "/psa/projects", PROJECT, key="k") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [503, 503, 422, 201]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[2].json() == refusal
    assert len(systems.effects()) == 1
    assert systems.http.get("/switch").json() == {"results": []}


def test_plan_for_matching_bodies_only(systems: SystemsClient) -> None:
    systems.misbehave(
        "*", {"status": 422, "times": 9}, match={"customer.name contains": "Contoso", "region": "EU"}
    )
    hit = {**PROJECT, "customer": {"name": "Contoso Ltd"}}
    assert systems.call("POST", "/psa/projects", PROJECT).status_code == 201
    assert systems.call("POST", "/psa/projects", {**hit, "region": "US"}).status_code == 201
    assert systems.call("POST", "/psa/projects", hit).status_code == 422
    assert systems.http.delete("/switch").json() == {"ended": 1}
    assert systems.call("POST", "/psa/projects", hit).status_code == 201


def test_line_cut_after_the_effect_then_replayed(systems: SystemsClient) -> None:
    systems.misbehave("create_project", {"cut": True})
    with pytest.raises(httpx.RemoteProtocolError):
        systems.call("POST", "/psa/projects", PROJECT, key="k")
    made = systems.effects()[0]["subject"]

    again = systems.call("POST", "/psa/projects", PROJECT, key="k")
    assert (again.status_code, again.json()["id"]) == (200, made)
    assert len(systems.effects()) == 1


def test_hanging_and_dawdling(systems: SystemsClient) -> None:
    systems.misbehave("create_project", {"hang": True, "effect": False}, {"delay": 0.2})
    with pytest.raises(httpx.ReadTimeout):
        systems.call("POST", "/psa/projects", PROJECT, timeout=0.2)
    assert systems.effects() == []
    started = time.monotonic()
    assert systems.call("POST", "/psa/projects", PROJECT).status_code == 201
    assert time.monotonic() - started >= 0.19


def test_nonsense_plans_are_refused(systems: SystemsClient) -> None:
    for body in ({}, {"plan": ["503"]}, {"plan": [{"statsu": 503}]}, {"plan": [{"times": "two"}]}):
        assert systems.http.post("/switch", json=body).status_code == 422
    assert systems.http.get("/switch").json() == {"results": []}


def test_everything_answered_survives_a_kill(systems: SystemsClient) -> None:
    systems.misbehave("archive_project", {"status": 503, "times": 2})
    made = [systems.call("POST", "/psa/projects", PROJECT, key=f"k-{n}").json() for n in range(20)]
    systems.call("POST", f"/psa/projects/{made[0]['id']}/archive")
    tokens = dict(systems.tokens)

    systems.program.kill_and_restart()

    assert systems.call("GET", "/psa/projects").json()["results"] == made
    assert systems.call("POST", "/psa/projects", PROJECT, key="k-7").json() == made[7]
    assert len(systems.effects(operation="create_project")) == 20
    assert systems.call("POST", f"/psa/projects/{made[0]['id']}/archive").status_code == 503
    assert systems.call("POST", f"/psa/projects/{made[0]['id']}/archive").status_code == 200
    assert systems.tokens == tokens


def test_stub_answers_everything_and_keeps_nothing(systems: SystemsClient) -> None:
    for _ in range(3):
        assert systems.http.post("/stub/any/thing", content=b"\x00not json").json() == {"status": "ok"}
    assert systems.http.get("/stub").json() == {"calls": 3}
    assert systems.http.get("/log").json()["count"] == 0


def test_latency_is_added(start_systems: Callable[..., SystemsClient]) -> None:
    slow = start_systems("--latency-ms", "80")
    started = time.monotonic()
    slow.call("GET", "/psa/projects")
    assert time.monotonic() - started >= 0.079


def test_stops_when_asked(systems: SystemsClient) -> None:
    assert systems.program.stop() == 0
    systems.program.start()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /psa/projects HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /psa/projects HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /psa/projects HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_bad_http_is_answered_and_closed(systems: SystemsClient, raw: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", systems.program.port), timeout=5) as line:
        line.sendall(raw)
        received = b"".join(iter(lambda: line.recv(4096), b""))
    assert received.split(b" ")[1] == status


def test_requests_sent_together_and_in_pieces_are_answered_in_order(systems: SystemsClient) -> None:
    one = b"POST /stub/x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    two = b"GET /stub HTTP/1.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", systems.program.port), timeout=5) as line:
        for piece in (one[:20], one[20:] + one + two[:5], two[5:]):
            line.sendall(piece)
            time.sleep(0.02)
        received = b"".join(iter(lambda: line.recv(4096), b""))
    assert received.count(b'{"status":"ok"}') == 2
    assert received.endswith(b'{"calls":2}')
