"""The subscriber: takes signed messages, refuses forged ones, shows what came."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.systems.conftest import SystemsClient

SECRET = "whsec_" + base64.b64encode(b"subscriber-secret-of-32-bytes-ok").decode()


def send(
    systems: SystemsClient, message_id: str, body: dict[str, Any], *, age: int = 0, secret: str = SECRET
) -> int:
    """Posts a signed message `age` seconds old and returns the status."""
    raw = json.dumps(body)
    moment = datetime.now(UTC) - timedelta(seconds=age)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, raw),
    }
    return systems.http.post("/subscriber/billing", content=raw, headers=headers).status_code


def messages(systems: SystemsClient) -> dict[str, Any]:
    """Everything the subscriber shows."""
    shown: dict[str, Any] = systems.http.get("/subscriber/billing/messages").json()
    return shown


def test_signed_messages_are_kept_and_forged_ones_are_not(systems: SystemsClient) -> None:
    assert systems.http.put("/subscriber/billing/secret", json={"secret": SECRET}).status_code == 204
    other = "whsec_" + base64.b64encode(b"another-secret-of-thirty-2-bytes").decode()

    assert send(systems, "msg_1", {"type": "billing.ready"}) == 204
    assert send(systems, "msg_1", {"type": "billing.ready"}) == 204
    assert send(systems, "msg_2", {"type": "billing.ready"}, secret=other) == 401
    assert send(systems, "msg_3", {"type": "billing.ready"}, age=3600) == 401
    assert systems.http.post("/subscriber/billing", json={"type": "x"}).status_code == 401

    shown = messages(systems)
    assert [(each["webhook_id"], each["verified"], each["duplicate"]) for each in shown["results"]] == [
        ("msg_1", True, False),
        ("msg_1", True, True),
    ]
    assert shown["rejected"] == 3


def test_secret_and_messages_survive_a_kill(systems: SystemsClient) -> None:
    systems.http.put("/subscriber/billing/secret", json={"secret": SECRET})
    send(systems, "msg_1", {"type": "milestone.completed"})
    systems.program.kill_and_restart()
    assert systems.http.post("/subscriber/billing", json={"type": "x"}).status_code == 401
    narrowed = systems.http.get("/subscriber/billing/messages?type=milestone.completed").json()
    assert [each["webhook_id"] for each in narrowed["results"]] == ["msg_1"]
    assert systems.http.get("/subscriber/billing/messages?type=other").json()["results"] == []


def test_without_a_secret_messages_are_marked_unverified(systems: SystemsClient) -> None:
    assert systems.http.post("/subscriber/billing", json={"type": "x"}).status_code == 204
    assert messages(systems)["results"][0]["verified"] is False


def test_misbehaves_when_told(systems: SystemsClient) -> None:
    systems.misbehave("billing", {"status": 410}, {"status": 500, "effect": True}, system="subscriber")
    assert [send(systems, "msg_1", {"type": "x"}) for _ in range(3)] == [410, 500, 204]
    assert [each["duplicate"] for each in messages(systems)["results"]] == [False, True]


def test_poor_secrets_are_refused(systems: SystemsClient) -> None:
    for secret in (None, 7, "whsec_", "whsec_%%%", "whsec_c2hvcnQ="):
        assert systems.http.put("/subscriber/billing/secret", json={"secret": secret}).status_code == 422
