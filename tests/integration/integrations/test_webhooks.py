"""Outbound webhooks to a real subscriber, verified by the official library."""

from datetime import timedelta

import pytest

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.dispatch.models import WorkItem
from apps.dispatch.types import WorkItemSpec
from apps.integrations import services
from apps.integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from apps.integrations.services.kinds import WEBHOOK_KIND
from apps.ledger.models import OutboxMessage
from apps.ledger.services import emit, enqueue, unit_of_work
from apps.ledger.services.unit import OUTBOX_KIND
from apps.ledger.types import DomainEvent

SYSTEM = Actor.system("test")


@pytest.fixture
def endpoint(in_alpha, allowed, systems) -> WebhookEndpoint:
    made = services.create_endpoint(
        url=f"{allowed}/subscriber/partner", event_types=["billing.ready", "milestone.*"], actor=SYSTEM
    )
    secret(systems, made.secret)
    return made.endpoint


def secret(systems, value):
    assert systems.http.put("/subscriber/partner/secret", json={"secret": value}).status_code == 204


def tell(event_type="billing.ready", **data):
    with unit_of_work(SYSTEM):
        emit(DomainEvent(event_type, "milestone/1", data or {"milestone_id": "1"}))


def received(systems):
    return systems.http.get("/subscriber/partner/messages").json()


def test_event_arrives_signed_as_a_cloud_event(endpoint, drain, systems, alpha):
    tell()
    drain()
    (message,) = received(systems)["results"]
    stored = OutboxMessage.objects.get(type="billing.ready")
    assert message["verified"] is True
    assert message["webhook_id"] == f"msg_{stored.id.hex}"
    body = message["body"]
    assert (body["specversion"], body["type"], body["id"]) == ("1.0", "billing.ready", str(stored.id))
    assert alpha.primary_host in body["source"]
    assert body["data"] == {"milestone_id": "1"}
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("delivered", 1, None)
    assert WebhookAttempt.objects.get().status_code == 204


def test_only_what_was_asked_for_is_sent(endpoint, drain, systems):
    for event_type in ("billing.blocked", "milestone.completed", "milestone.changed"):
        tell(event_type)
    drain()
    assert [message["type"] for message in received(systems)["results"]] == ["milestone.completed"]


def test_failed_attempts_follow_the_schedule_and_then_the_endpoint_is_disabled(endpoint, drain, systems):
    systems.misbehave("partner", {"status": 500, "times": 100}, system="subscriber")
    tell()
    drain()
    delivery = WebhookDelivery.objects.get()
    waits = []
    for attempts in range(1, 10):
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == ("pending", attempts)
        waits.append((WorkItem.objects.get(kind=WEBHOOK_KIND).run_at - now()).total_seconds())
        _bring(drain)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("failed", 10, None)
    for wait, planned in zip(waits, (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400), strict=True):
        assert planned * 0.8 - 3 <= wait <= planned * 1.2
    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert OutboxMessage.objects.filter(type="webhook_endpoint.disabled").count() == 1
    assert {attempt.status_code for attempt in WebhookAttempt.objects.all()} == {500}


def _bring(drain) -> None:
    """Let only the next attempt come due."""
    WorkItem.objects.filter(kind=WEBHOOK_KIND).update(run_at=now())
    drain(until=0.1)


def test_success_after_failure_is_the_same_message_with_a_new_timestamp(endpoint, drain, systems):
    systems.misbehave("partner", {"status": 503, "retry_after": 30}, system="subscriber")
    tell()
    drain()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    next_at = WebhookDelivery.objects.get().next_at
    assert next_at is not None
    assert next_at >= now() + timedelta(seconds=25)
    _bring(drain)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    assert [message["verified"] for message in received(systems)["results"]] == [True]
    assert WebhookAttempt.objects.count() == 2


def test_410_disables_at_once(endpoint, drain, systems):
    systems.misbehave("partner", {"status": 410}, system="subscriber")
    tell()
    drain()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "The subscriber answered 410 Gone.")
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == "failed"
    tell()
    drain()
    assert WebhookDelivery.objects.count() == 1
    with pytest.raises(Conflict):
        services.resend_delivery(delivery_id=delivery.id, actor=SYSTEM)
    services.enable_endpoint(endpoint_id=endpoint.id, actor=SYSTEM)
    services.resend_delivery(delivery_id=delivery.id, actor=SYSTEM)
    drain()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"


def test_redirect_is_no_success(endpoint, drain, systems):
    systems.misbehave("partner", {"status": 302}, system="subscriber")
    tell()
    drain()
    assert WebhookDelivery.objects.get().state == "pending"


def test_unreachable_subscriber_is_retried(endpoint, drain, systems):
    systems.program.stop()
    tell()
    drain()
    attempt = WebhookAttempt.objects.get()
    assert attempt.status_code is None
    assert "does not accept connections" in attempt.error
    systems.program.start()
    _bring(drain)
    assert WebhookDelivery.objects.get().state == "delivered"


def test_rotation_signs_with_both_secrets(endpoint, drain, systems):
    rotated = services.rotate_endpoint_secret(endpoint_id=endpoint.id, actor=SYSTEM)
    tell()
    drain()
    secret(systems, rotated.secret)
    tell()
    drain()
    assert [message["verified"] for message in received(systems)["results"]] == [True, True]
    assert received(systems)["rejected"] == 0


def test_test_message_goes_to_this_endpoint_alone(endpoint, drain, systems, allowed):
    services.create_endpoint(url=f"{allowed}/subscriber/other", event_types=["milestone.*"], actor=SYSTEM)
    services.test_endpoint(endpoint_id=endpoint.id, actor=SYSTEM)
    drain()
    assert [message["type"] for message in received(systems)["results"]] == ["webhook_endpoint.tested"]
    assert systems.http.get("/subscriber/other/messages").json()["results"] == []


def test_delivery_told_twice_is_one(endpoint, drain, systems):
    tell()
    drain()
    OutboxMessage.objects.filter(type="billing.ready").update(delivered_at=None)
    batch = OutboxMessage.objects.get(type="billing.ready").batch
    with unit_of_work(SYSTEM):
        enqueue(WorkItemSpec(OUTBOX_KIND, batch))
    drain(until=0.1)
    assert WebhookDelivery.objects.count() == 1
    assert len(received(systems)["results"]) == 1


@pytest.mark.parametrize(
    ("url", "event_types", "pointer"),
    [
        ("https://127.0.0.1/", ["*"], "/url"),
        ("http://subscriber.example/", ["*"], "/url"),
        ("https://user:pw@subscriber.example/", ["*"], "/url"),
        ("https://subscriber.example/", [], "/event_types"),
        ("https://subscriber.example/", ["nothing.happened"], "/event_types/0"),
        ("https://subscriber.example/", ["*", "nothing.*"], "/event_types/1"),
    ],
)
def test_bad_endpoints_are_refused(in_alpha, url, event_types, pointer):
    with pytest.raises(Invalid) as caught:
        services.create_endpoint(url=url, event_types=event_types, actor=SYSTEM)
    assert pointer in [problem.pointer for problem in caught.value.errors]
