"""Inbound hooks over HTTP: verified, stored, deduplicated, mapped, replayed."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
import yaml
from django.db import connection
from standardwebhooks.webhooks import Webhook

from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.integrations import services
from apps.integrations.exceptions import CredentialUnreadable, NotReplayable
from apps.integrations.models import InboundEvent, InboundHook
from apps.integrations.services.hooks import NewHook
from apps.integrations.services.mapping import give_up_mapping
from apps.integrations.vault import seal, unseal
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import ExceptionCase
from config.demo import esign
from tenants.context import tenant_context
from tests.integration.integrations.conftest import Sender

SYSTEM = Actor.system("test")


MAPPING = {"event": "ticket.closed", "data": {"ticket_id": "= body.id", "note": "= body.note"}}


@pytest.fixture
def hook(in_alpha) -> NewHook:
    return services.create_hook(name="Tickets", scheme="standard-webhooks", mapping=MAPPING, actor=SYSTEM)


@pytest.fixture
def host(alpha):
    return alpha.primary_host


def post(host, hook, body=b'{"id": "T-1", "note": "x"}', message_id="msg_1", secret="", **extra):
    at = datetime.now(UTC)
    signature = Webhook(secret or hook.secret).sign(message_id, at, body.decode("utf-8", "replace"))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Sender().post(
        f"/hooks/{hook.hook.id}",
        body,
        content_type="application/json",
        headers={"Host": host, **headers, **extra},
    )


def test_message_is_stored_before_202_and_becomes_an_event(hook, host, drain):
    response = post(host, hook)
    assert response.status_code == 202
    event = InboundEvent.objects.get()
    assert response.json() == {"id": str(event.id)}
    assert (event.status, bytes(event.body), event.external_id) == (
        "received",
        b'{"id": "T-1", "note": "x"}',
        "msg_1",
    )
    drain()
    event.refresh_from_db()
    message = OutboxMessage.objects.get(type="ticket.closed")
    assert (event.status, event.domain_event_id, event.event_type) == ("mapped", message.id, "ticket.closed")
    assert message.data == {"ticket_id": "T-1", "note": "x"}
    assert message.subject == f"inbound_event/{event.id}"
    assert message.actor["kind"] == "connector"


def test_wrong_signature_stores_nothing_but_a_count(hook, host):
    response = post(host, hook, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "bad_signature"
    assert not InboundEvent.objects.exists()
    assert InboundHook.objects.get().rejected_count == 1


def test_same_message_again_gets_the_first_id(hook, host, drain):
    first = post(host, hook)
    drain()
    again = post(host, hook)
    assert (again.status_code, again.json()) == (202, first.json())
    drain()
    assert OutboxMessage.objects.filter(type="ticket.closed").count() == 1


def test_same_id_with_another_body_is_refused_and_somebody_is_told_once(hook, host):
    first = post(host, hook)
    for _ in range(2):
        response = post(host, hook, body=b'{"id": "T-2", "note": "x"}')
        assert response.status_code == 409
        assert response.json()["code"] == "id_reused"
        assert response.json()["id"] == first.json()["id"]
    case = ExceptionCase.objects.get()
    assert (case.code, case.owner_role) == ("id_reused", "tenant_admin")
    assert OutboxMessage.objects.filter(type="inbound_event.conflicted").count() == 1
    assert AuditEntry.objects.filter(action="inbound_event.conflict").count() == 1
    assert InboundEvent.objects.get().conflicts == 2


def test_body_over_a_megabyte_is_413_by_its_declared_length(hook, host):
    response = post(host, hook, body=b'"' + b"x" * (1024 * 1024) + b'"')
    assert response.status_code == 413
    assert not InboundEvent.objects.exists()


def test_body_of_a_megabyte_is_taken(hook, host):
    assert post(host, hook, body=b'"' + b"x" * (1024 * 1024 - 2) + b'"').status_code == 202


@pytest.mark.parametrize("length", ["", "abc", "-5"])
def test_body_without_a_length_is_411(hook, host, length):
    response = Sender().post(
        f"/hooks/{hook.hook.id}",
        b"{}",
        content_type="application/json",
        headers={"Host": host},
        CONTENT_LENGTH=length,
    )
    assert response.status_code == 411


def test_unknown_hook_and_other_methods(hook, host):
    for path, method, status in (
        (f"/hooks/{uuid4()}", "post", 404),
        (f"/hooks/{hook.hook.id}", "get", 405),
        ("/hooks/not-an-id", "post", 404),
    ):
        assert getattr(Sender(), method)(path, headers={"Host": host}).status_code == status


def test_hook_of_another_tenant_is_unknown(hook, beta):
    assert post(beta.primary_host, hook).status_code == 404


def test_csrf_does_not_stand_in_the_way(hook, host):
    client = Sender(enforce_csrf_checks=True)
    response = client.post(
        f"/hooks/{hook.hook.id}", b"{}", content_type="application/json", headers={"Host": host}
    )
    assert response.status_code == 401


def test_paused_hook_asks_to_try_again(hook, host):
    services.pause_hook(hook_id=hook.hook.id, actor=SYSTEM)
    response = post(host, hook)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    services.resume_hook(hook_id=hook.hook.id, actor=SYSTEM)
    assert post(host, hook).status_code == 202


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"this is not json", "not_json", "/body"),
        (b"\xff\xfe\x00", "not_json", "/body"),
        (b'{"note": "x"}', "missing_key", "/mapping/data/ticket_id"),
        (b"[1, 2]", "type", "/mapping/data/"),
        (b"null", "type", "/mapping/data/"),
    ],
)
def test_what_does_not_map_is_stored_and_becomes_an_exception(hook, host, drain, body, code, pointer):
    at = datetime.now(UTC)
    mac = hmac.new(
        base64.b64decode(hook.secret[6:]), f"m.{int(at.timestamp())}.".encode() + body, hashlib.sha256
    )
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1,{base64.b64encode(mac.digest()).decode()}",
    }
    path = f"/hooks/{hook.hook.id}"
    response = Sender().post(path, body, content_type="application/json", headers={"Host": host, **headers})
    assert response.status_code == 202
    drain()
    event = InboundEvent.objects.get()
    assert event.status == "failed"
    assert event.reason is not None
    assert event.reason["pointer"].startswith(pointer)
    assert event.reason["code"] == code
    case = ExceptionCase.objects.get()
    assert case.code == "not_mapped"
    assert case.details["pointer"] == event.reason["pointer"]
    assert case.subject == f"inbound_event/{event.id}"


def test_mended_mapping_and_replay_close_the_exception(hook, host, drain):
    post(host, hook, body=b'{"number": "T-7"}')
    drain()
    event = InboundEvent.objects.get()
    services.replay_inbound_event(event_id=event.id, actor=SYSTEM, reason="too early")
    drain()
    assert [case.status for case in ExceptionCase.objects.order_by("id")] == ["resolved", "open"]
    mended = {
        "event": "ticket.closed",
        "subject": "= 'ticket/' + body.number",
        "data": {"ticket_id": "= body.number"},
    }
    services.update_hook(hook_id=hook.hook.id, mapping=mended, actor=SYSTEM)
    services.replay_inbound_event(event_id=event.id, actor=SYSTEM, reason="mended")
    drain()
    event.refresh_from_db()
    assert event.status == "mapped"
    assert not ExceptionCase.objects.filter(status="open").exists()
    assert OutboxMessage.objects.get(type="ticket.closed").subject == "ticket/T-7"
    with pytest.raises(NotReplayable):
        services.replay_inbound_event(event_id=event.id, actor=SYSTEM)


def test_mapped_data_must_be_what_the_catalogue_says(in_alpha, host, drain):
    mapping = {"event": "contract.signed", "data": {"contract_id": "= body.id"}}
    hook = services.create_hook(name="Contracts", scheme="standard-webhooks", mapping=mapping, actor=SYSTEM)
    post(host, hook)
    drain()
    reason = InboundEvent.objects.get().reason or {}
    assert (reason["code"], reason["pointer"]) == ("schema", "/mapping/data")
    assert not OutboxMessage.objects.filter(type="contract.signed").exists()


def test_message_that_is_not_wanted_is_ignored_and_can_be_replayed(in_alpha, host, drain):
    mapping = MAPPING | {"when": "body.id == 'T-2'"}
    hook = services.create_hook(name="Some", scheme="standard-webhooks", mapping=mapping, actor=SYSTEM)
    post(host, hook)
    drain()
    event = InboundEvent.objects.get()
    assert event.status == "ignored"
    services.update_hook(hook_id=hook.hook.id, mapping=MAPPING, actor=SYSTEM)
    services.replay_inbound_event(event_id=event.id, actor=SYSTEM)
    drain()
    event.refresh_from_db()
    assert event.status == "mapped"


def test_message_that_no_worker_maps_becomes_an_exception(hook, host):
    post(host, hook)
    event = InboundEvent.objects.get()
    give_up_mapping(event.id, "the worker did not survive it")
    give_up_mapping(event.id, "the worker did not survive it")
    assert ExceptionCase.objects.get().details["code"] == "internal"


def test_docusign_envelope_becomes_a_signed_contract(in_alpha, host, drain):
    mapping = yaml.safe_load(esign.MAPPING_FILE.read_text())
    hook = services.create_hook(name="E-signature", scheme="docusign-connect", mapping=mapping, actor=SYSTEM)
    contract = esign.Contract(
        contract_id="C-1",
        title="Rollout",
        customer=esign.Party("K-1", "Contoso AG", "CH", (esign.Contact("Ann", "ann@contoso.example"),)),
        amount=Decimal("125000.00"),
        region="EU",
        start_date=date(2026, 5, 1),
        signed_at=datetime(2026, 4, 1, tzinfo=UTC),
        purchase_order="PO-7",
        documents=esign.standard_documents("PO-7", valid_until=date(2027, 1, 1)),
    )
    envelope = esign.build_envelope(contract)

    def send(payload):
        body = esign.encode(payload)
        headers = {"Host": host, esign.SIGNATURE_HEADER: esign.sign(body, hook.secret)}
        return Sender().post(f"/hooks/{hook.hook.id}", body, content_type="application/json", headers=headers)

    first = send(envelope)
    again = send(envelope | {"retryCount": 1})
    other = send(envelope | {"uri": "/elsewhere"})
    assert [response.status_code for response in (first, again, other)] == [202, 202, 409]
    assert first.json() == again.json()
    drain()
    message = OutboxMessage.objects.get(type="contract.signed")
    assert message.data["contract_id"] == "C-1"
    assert InboundEvent.objects.get().external_id == f"{contract.envelope_id}:envelope-completed"


def test_generic_hmac_without_an_id_is_deduplicated_by_its_body(in_alpha, host):
    hook = services.create_hook(
        name="Generic",
        scheme="hmac-sha256",
        options={"signature_header": "X-Sign"},
        mapping=MAPPING,
        actor=SYSTEM,
    )

    def send(body):
        headers = {"Host": host, "X-Sign": hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()}
        return Sender().post(f"/hooks/{hook.hook.id}", body, content_type="application/json", headers=headers)

    ids = [send(body).json()["id"] for body in (b'{"id": 1}', b'{"id": 1}', b'{"id": 2}')]
    assert ids[0] == ids[1] != ids[2]


def test_both_secrets_are_live_during_a_rotation_and_older_ones_are_not(hook, host):
    second = services.rotate_hook_secret(hook_id=hook.hook.id, actor=SYSTEM)
    assert post(host, hook, message_id="a").status_code == 202
    assert post(host, second, message_id="b").status_code == 202
    services.rotate_hook_secret(hook_id=hook.hook.id, actor=SYSTEM)
    assert post(host, hook, message_id="c").status_code == 401
    assert post(host, second, message_id="d").status_code == 202


def test_secrets_of_the_sender_are_not_kept(hook, host):
    post(host, hook, Authorization="Bearer abc", Cookie="a=b")
    event = InboundEvent.objects.get()
    assert "authorization" not in event.headers
    assert "cookie" not in event.headers
    assert event.headers["webhook-id"] == "msg_1"


def test_bad_hooks_are_refused_with_pointers(in_alpha):
    with pytest.raises(Invalid) as caught:
        services.create_hook(
            name="Bad",
            scheme="hmac-sha256",
            mapping={"event": "x", "data": {"a": "= 1 +"}},
            owner_role="nobody",
            actor=SYSTEM,
        )
    pointers = {problem.pointer for problem in caught.value.errors}
    assert pointers == {"/options/signature_header", "/mapping/event", "/mapping/data/a", "/owner_role"}


def test_sealed_secret_is_noise_in_another_tenant_and_readable_after_a_key_rotation(alpha, beta, settings):
    with tenant_context(alpha):
        token = seal({"token": "t"})
        assert "token" not in token
        assert unseal(token) == {"token": "t"}
    with tenant_context(beta), pytest.raises(CredentialUnreadable):
        unseal(token)
    settings.CREDENTIAL_KEYS = ["bmV3LWtleS1mb3ItdGVzdHMtb25seS1uZXcta2V5ISE=", *settings.CREDENTIAL_KEYS]
    with tenant_context(alpha):
        assert unseal(token) == {"token": "t"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_deliveries_of_one_message_are_one(fresh_tenant):
    with tenant_context(fresh_tenant):
        hook = services.create_hook(name="Race", scheme="standard-webhooks", mapping=MAPPING, actor=SYSTEM)
    answers: list[tuple[int, str]] = []
    barrier = threading.Barrier(6)

    def deliver(body: bytes) -> None:
        barrier.wait()
        try:
            response = post(fresh_tenant.primary_host, hook, body=body)
            answers.append((response.status_code, response.json()["id"]))
        finally:
            connection.close()

    bodies = [b'{"id": "1", "note": "x"}'] * 5 + [b'{"id": "2", "note": "x"}']
    threads = [threading.Thread(target=deliver, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_context(fresh_tenant):
        event = InboundEvent.objects.get()
    assert len(answers) == 6
    assert {found for _status, found in answers} == {str(event.id)}
    winners = sorted(status for status, _found in answers)
    assert winners in ([202] * 5 + [409], [202] + [409] * 5)
    assert json.loads(bytes(event.body))["id"] in ("1", "2")
