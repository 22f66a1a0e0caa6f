"""Settings: connections tried, hooks and messages, webhooks, keys shown once, people and roles."""

import json

import pytest

from apps.accounts.models import ApiKey, User
from apps.integrations.models import Connection, InboundEvent, InboundHook, WebhookDelivery
from apps.integrations.services.endpoints import create_endpoint
from apps.integrations.services.hooks import create_hook
from tests.integration.delivery.contracts import SYSTEM


@pytest.fixture
def connection(office):
    return Connection.objects.get(name="PSA")


def test_the_overview_says_whether_something_needs_somebody(office, admin, connection):
    assert admin.get("/settings/").has("everything is set up", "alpha.localhost", "API reference")
    admin.post(f"/settings/connections/{connection.id}/", {"command": "pause", "reason": "x"})
    assert admin.get("/settings/").has("something in the set-up needs you", "1 connection paused")


def test_connections_are_listed_tested_paused_and_resumed(office, admin, manager, connection):
    address = f"/settings/connections/{connection.id}/"
    assert admin.get("/settings/connections/").has("PSA", "fills “psa”", "Active", "credential kept")
    assert admin.post(address, {"command": "test"}, follow=True).has("It answered in")
    office.systems.program.stop()
    assert admin.post(address, {"command": "test"}, follow=True).has("It did not work")
    for command, words in (("pause", "Paused"), ("pause", "Paused"), ("resume", "Resumed")):
        page = admin.post(address, {"command": command, "reason": "x"}, follow=True)
        assert page.status == 200
        assert page.has(words)
    assert manager.post(address, {"command": "pause"}).status == 403
    office.systems.program.start()


def test_secrets_are_on_no_page(office, admin):
    page = admin.get("/settings/connections/")
    for token in office.systems.tokens.values():
        assert token not in page.html


@pytest.fixture
def message(in_alpha):
    mapping = {"event": "contract.signed", "data": {"amount": "= body.amount"}}
    hook = create_hook(name="CRM", scheme="standard-webhooks", mapping=mapping, actor=SYSTEM).hook
    return InboundEvent.objects.create(
        hook=hook,
        external_id="m-1",
        body_hash="0" * 64,
        body=json.dumps({"id": "m-1", "nöte": "<b>"}).encode(),
        headers={"content-type": "application/json"},
        status="failed",
        reason={"message": "There is no amount.", "path": "data.amount"},
    )


def test_hooks_with_their_messages_and_replay(office, admin, manager, message):
    assert InboundHook.objects.count() == 1
    assert admin.get("/settings/hooks/").has("CRM", "1 failed")
    listed = admin.get(f"/settings/hooks/{message.hook_id}/", status="failed")
    assert listed.has("m-1", "There is no amount.", f"/hooks/{message.hook_id}")
    here = f"/settings/hooks/{message.hook_id}/messages/{message.id}/"
    page = admin.get(here)
    assert page.has("It could not be used", "There is no amount.", "Map it once more")
    assert "&lt;b&gt;" in page.html
    assert manager.post(here).status == 403
    assert admin.post(here).status == 303
    assert admin.post(here).status == 303
    message.refresh_from_db()
    assert message.status == "received"


def test_webhooks_test_and_resend(office, admin, drain):
    office.systems.program.stop()
    endpoint = create_endpoint(
        url=f"http://127.0.0.1:{office.systems.program.port}/none",
        event_types=["*"],
        name="Data lake",
        actor=SYSTEM,
    ).endpoint
    assert admin.get("/settings/webhooks/").has("Data lake", "Active")
    here = f"/settings/webhooks/{endpoint.id}/"
    assert admin.post(here, {"command": "test"}, follow=True).has("A test message is on its way", "Pending")
    drain()
    delivery = WebhookDelivery.objects.latest("id")
    assert admin.get(here).has("Attempt 1", delivery.message_id)
    late = admin.post(f"/settings/deliveries/{delivery.id}/resend/", follow=True)
    assert late.has("This delivery is still being tried.")
    WebhookDelivery.objects.filter(pk=delivery.pk).update(state="failed")
    assert admin.get(here).has("Failed", "Send again")
    assert admin.post(f"/settings/deliveries/{delivery.id}/resend/").status == 303
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    office.systems.program.start()


def test_a_key_is_shown_once_and_revoked(office, admin, manager):
    page = admin.post(
        "/settings/keys/", {"command": "create", "name": "CRM import", "days": "30", "scopes": ["runs:read"]}
    )
    assert page.status == 200
    key = ApiKey.objects.get(name="CRM import")
    assert page.has("Copy it now", f"{key.prefix}_")
    assert f"{key.prefix}_" not in admin.get("/settings/keys/").html
    for _ in range(2):
        assert admin.post("/settings/keys/", {"command": "revoke", "key": str(key.id)}, follow=True).has(
            "Revoked"
        )
    assert manager.get("/settings/keys/").status == 403


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": "", "days": "30", "scopes": ["*"]}, "Give the key a name"),
        ({"name": "x", "days": "0", "scopes": ["*"]}, "1 to 365 days"),
        ({"name": "x", "days": "ten", "scopes": ["*"]}, "1 to 365 days"),
        ({"name": "x", "days": "10", "scopes": ["fly"]}, "No key was made"),
        ({"name": "x", "days": "10"}, "No key was made"),
    ],
)
def test_a_key_nobody_can_use_is_not_made(office, admin, sent, words):
    page = admin.post("/settings/keys/", {"command": "create", **sent})
    assert page.status == 422
    assert page.has(words)
    assert not ApiKey.objects.filter(name="x").exists()


def test_people_and_their_roles(office, admin, manager):
    page = admin.post(
        "/settings/users/",
        {"command": "create", "email": "eva@alpha.example", "name": "Eva", "role": "finance", "region": "EU"},
        follow=True,
    )
    assert page.has("Eva may sign in now", "Finance (EU)")
    eva = User.objects.get(email="eva@alpha.example")
    again = admin.post(
        "/settings/users/",
        {"command": "create", "email": "eva@alpha.example", "name": "Eva", "role": "finance"},
    )
    assert again.status == 409
    assert again.has("There is a user with this e-mail address already.")
    given = admin.post(
        "/settings/users/", {"command": "assign", "user": str(eva.id), "role": "approver"}, follow=True
    )
    assert given.has("The role is given.", "Approver")
    admin.post(
        "/settings/users/", {"command": "take", "user": str(eva.id), "role": "finance", "region": "EU"}
    )
    assert set(eva.role_assignments.values_list("role", flat=True)) == {"approver"}
    assert admin.post("/settings/users/", {"command": "deactivate", "user": str(eva.id)}, follow=True).has(
        "Deactivated"
    )
    assert admin.post("/settings/users/", {"command": "assign", "user": "7", "role": "x"}, follow=True).has(
        "not an id"
    )
    assert admin.post("/settings/users/", {"command": "sing"}, follow=True).has("Choose what to do.")
    assert manager.get("/settings/users/").has("Eva")
    assert manager.post("/settings/users/", {"command": "deactivate", "user": str(eva.id)}).status == 403


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"email": "a" * 250 + "@b.example"}, "The address has more than 254 letters."),
        ({"email": "no address"}, "This is not an e-mail address."),
        ({"name": "n" * 200}, "The name has more than 120 letters."),
        ({"region": "r" * 30}, "The region has more than 16 letters."),
        ({"role": "king"}, "There is no role"),
        ({"name": "\x00"}, "may sign in now"),
    ],
)
def test_people_who_cannot_be_added(office, admin, sent, words):
    form = {
        "command": "create",
        "email": "eva@alpha.example",
        "name": "Eva",
        "role": "finance",
        "region": "",
    } | sent
    assert admin.post("/settings/users/", form, follow=True).has(words)
