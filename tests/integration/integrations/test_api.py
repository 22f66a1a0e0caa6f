"""Connections, hooks and webhooks through the REST API."""

import json
from typing import Any

import pytest

from apps.accounts.services import create_api_key, create_user
from apps.core.actor import Actor
from apps.integrations.models import Credential, InboundEvent
from tests.integration.integrations.conftest import CREATE_PROJECT, Sender, definition_of

SYSTEM = Actor.system("test")
LIST = {"path": "/psa/projects", "idempotency": {"kind": "natural"}}


class Api:
    """A program with a key."""

    def __init__(self, host: str, key: str) -> None:
        self.headers = {"Host": host, "Authorization": f"Bearer {key}"}

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        response = Sender().generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=self.headers | headers,
        )
        assert response.status_code == expect, response.content
        self.etag = response.get("ETag", "")
        return response.json() if response.content else None


def api_of(tenant, role: str) -> Api:
    user = create_user(email=f"{role}@alpha.example", name=role, roles=[role], actor=SYSTEM)
    _row, key = create_api_key(user_id=user.id, name=role, scopes=["*"], actor=SYSTEM)
    return Api(tenant.primary_host, key)


@pytest.fixture
def api(in_alpha) -> Api:
    return api_of(in_alpha, "tenant_admin")


def pointers(problem) -> set[str]:
    return {error["pointer"] for error in problem["errors"]}


def test_connection_life(api, systems, allowed):
    definition = definition_of({"create_project": CREATE_PROJECT, "list": LIST}, test="list")
    body = {
        "name": "PSA",
        "definition": definition,
        "config": {"base_url": allowed},
        "credential": {"kind": "bearer", "token": "wrong"},
        "slots": ["psa"],
    }
    made = api("POST", "connections", body, 201)
    assert (made["status"], made["credential"], made["held_actions"]) == ("active", "bearer", 0)
    assert [slot["slot"] for slot in made["slots"]] == ["psa"]
    path = f"connections/{made['id']}"
    assert api("POST", f"{path}/test", {})["code"] == "not_authorised"
    etag = api("GET", path) and api.etag
    good = {"credential": {"kind": "bearer", "token": systems.tokens["psa"]}}
    api("PATCH", path, good, 200, **{"If-Match": etag})
    api("PATCH", path, good, 412, **{"If-Match": etag})
    outcome = api("POST", f"{path}/test", {})
    assert outcome["ok"] is True
    assert outcome["response"]["status"] == 200
    assert api("POST", f"{path}/pause", {"reason": "maintenance"})["status"] == "paused"
    assert api("POST", f"{path}/pause", {}, 409)["code"] == "illegal_transition"
    assert api("POST", f"{path}/resume", {})["status"] == "active"
    everything = json.dumps([api("GET", "connections"), api("GET", path), api("GET", "audit-entries")])
    assert systems.tokens["psa"] not in everything
    assert "sealed" not in everything
    assert systems.tokens["psa"] not in Credential.objects.get().sealed
    slot = api("GET", "slot-bindings")["results"][0]
    api("DELETE", f"slot-bindings/{slot['id']}", expect=204)
    assert api("GET", path)["slots"] == []


def test_bad_connections_are_refused_with_pointers(api):
    body = {"name": "Bad", "definition": {"operations": {"go": {"method": ["x"], "path": {}}}}, "config": {}}
    problem = api("POST", "connections", body, 422)
    assert {"/operations/go/method", "/operations/go/path"} <= pointers(problem)
    for weird in (
        {},
        {"operations": []},
        {"operations": {"a": None}},
        {"test": [], "operations": {"a": {"idempotency": []}}},
    ):
        api("POST", "connections", body | {"definition": weird}, 422)
    fine = body | {"definition": definition_of({"list": LIST}), "config": {"base_url": "https://x.example"}}
    problem = api("POST", "connections", fine | {"credential": {"kind": "basic", "token": "x"}}, 422)
    assert {"/credential/username", "/credential/password", "/credential/token"} <= pointers(problem)
    assert api("POST", "connections", fine | {"connector": "soap"}, 422)["code"] == "unknown_connector"
    api("POST", "connections", fine, 201)
    assert api("POST", "connections", fine, 409)["code"] == "name_taken"


def test_hook_life(api, drain):
    mapping = {"event": "ticket.closed", "data": {"id": "= body.id"}}
    made = api("POST", "inbound-hooks", {"name": "T", "scheme": "standard-webhooks", "mapping": mapping}, 201)
    assert made["secret"].startswith("whsec_")
    assert made["url"].endswith(f"/hooks/{made['id']}")
    path = f"inbound-hooks/{made['id']}"
    assert "secret" not in api("GET", path)
    rotated = api("POST", f"{path}/rotate-secret", {})
    assert rotated["secret"] != made["secret"]
    row = InboundEvent.objects.create(
        hook_id=made["id"], external_id="1", body_hash="x", body=b'{"id": \xff}', status="failed"
    )
    listed = api("GET", f"{path}/events?status=failed")["results"]
    assert [event["id"] for event in listed] == [str(row.id)]
    assert api("GET", f"{path}/events/{row.id}")["body"] == '{"id": \ufffd}'
    assert api("POST", f"{path}/events/{row.id}/replay", {"reason": "again"}, 202)["status"] == "received"
    assert api("POST", f"{path}/events/{row.id}/replay", {}, 409)["code"] == "not_replayable"
    problem = api("PATCH", path, {"mapping": {"event": "x", "data": {"a": "= 1 +"}}}, 422)
    assert pointers(problem) == {"/mapping/event", "/mapping/data/a"}
    assert api("POST", f"{path}/pause", {})["status"] == "paused"
    assert api("POST", f"{path}/resume", {})["status"] == "active"


def test_endpoint_and_delivery_life(api, systems, allowed, drain):
    body = {"url": f"{allowed}/subscriber/api", "event_types": ["billing.ready"], "name": "Finance"}
    made = api("POST", "webhook-endpoints", body, 201)
    path = f"webhook-endpoints/{made['id']}"
    assert "secret" not in api("GET", path)
    delivery = api("POST", f"{path}/test", {}, 202)
    api("POST", f"webhook-deliveries/{delivery['id']}/resend", {}, 409)
    drain()
    shown = api("GET", f"webhook-deliveries/{delivery['id']}")
    assert (shown["state"], shown["tries"][0]["status_code"]) == ("delivered", 204)
    assert api("POST", f"webhook-deliveries/{delivery['id']}/resend", {}, 202)["state"] == "pending"
    assert len(api("GET", f"webhook-deliveries?endpoint_id={made['id']}&state=pending")["results"]) == 1
    assert api("PATCH", path, {"event_types": ["*"]})["event_types"] == ["*"]
    assert pointers(api("PATCH", path, {"event_types": ["x"]}, 422)) == {"/event_types/0"}
    assert api("POST", f"{path}/disable", {"reason": "moved"})["disabled_reason"] == "moved"
    assert api("POST", f"{path}/enable", {})["status"] == "active"
    assert api("POST", f"{path}/rotate-secret", {})["secret"] != made["secret"]


@pytest.mark.parametrize("role", ["finance", "auditor"])
def test_others_may_not_change_anything(in_alpha, role):
    api = api_of(in_alpha, role)
    for path in ("connections", "inbound-hooks", "webhook-endpoints"):
        api("GET", path, expect=200 if role == "auditor" else 403)
        assert api("POST", path, {}, 403)["status"] == 403
