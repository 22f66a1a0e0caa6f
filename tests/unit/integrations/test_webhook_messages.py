"""Outbound messages: who gets them, how they are signed, when they are tried."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from apps.integrations.inbound.schemes import make_standard_secret
from apps.integrations.webhooks.messages import MAX_BODY, encode_event, signed_headers, wants
from apps.integrations.webhooks.schedule import DELAYS, MAX_ATTEMPTS, next_attempt

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_signature_is_verified_by_the_official_library_under_every_live_secret():
    secrets, body = [make_standard_secret(), make_standard_secret()], '{"ü": 1}'
    headers = signed_headers(secrets, "msg_1", datetime.now(UTC), body)
    for secret in secrets:
        assert Webhook(secret).verify(body, headers) == {"ü": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(make_standard_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(body + " ", headers)


@pytest.mark.parametrize(
    ("event_types", "event_type", "wanted"),
    [
        (["*"], "milestone.completed", True),
        (["*"], "milestone.changed", False),
        (["milestone.*"], "milestone.completed", True),
        (["milestone.*"], "milestone.changed", False),
        (["milestone.*"], "milestonex.completed", False),
        (["milestone.changed"], "milestone.changed", True),
        (["billing.ready", "run.failed"], "billing.ready", True),
        (["billing.ready"], "billing.blocked", False),
        ([], "billing.ready", False),
    ],
)
def test_event_types(event_types, event_type, wanted):
    assert wants(event_types, event_type) is wanted


def test_large_event_goes_without_its_data():
    event = {"id": "1", "source": "https://a.example", "type": "a.b", "data": {"text": "ü" * MAX_BODY}}
    body = encode_event(event)
    assert len(body.encode()) < 1000
    assert json.loads(body)["dataref"] == "https://a.example/api/v1/events/1"
    assert "data" not in json.loads(body)
    assert json.loads(encode_event({"id": "1", "data": {"x": 1}})) == {"id": "1", "data": {"x": 1}}


def test_schedule_is_that_of_standard_webhooks_with_jitter():
    assert DELAYS == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    for attempts in range(1, MAX_ATTEMPTS):
        for _ in range(50):
            at = next_attempt(attempts, AT)
            assert at is not None
            assert 0.8 * DELAYS[attempts] <= (at - AT).total_seconds() <= 1.2 * DELAYS[attempts]
    assert next_attempt(MAX_ATTEMPTS, AT) is None


def test_retry_after_is_a_lower_bound():
    assert next_attempt(1, AT, 60) == AT + timedelta(seconds=60)
    late = next_attempt(3, AT, 60)
    assert late is not None
    assert late > AT + timedelta(seconds=1000)
