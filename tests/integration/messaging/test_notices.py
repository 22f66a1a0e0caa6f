"""People are told as they wish: at once, after their quiet hours, once a day, in the chat, or under the bell alone."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.models import WorkItem
from apps.integrations.services import install_connection
from apps.integrations.types import Secret
from apps.ledger.models import AuditEntry
from apps.ledger.services import unit_of_work
from apps.messaging.exceptions import InvalidPreferences
from apps.messaging.models import Message
from apps.messaging.selectors.notices import list_notices, unread_notices
from apps.messaging.services import queue_message
from apps.messaging.services.notices import read_notices, save_preferences
from apps.messaging.types import Recipient
from tenants.types import TenantRef
from tests.systems.conftest import SystemsClient, start_systems, systems

__all__ = ["start_systems", "systems"]
SYSTEM = Actor.system("test")
CHAT: dict[str, Any] = {
    "format": 1,
    "connector": "generic-rest",
    "requires": ["base_url"],
    "auth": {"kind": "bearer"},
    "operations": {
        "post_message": {
            "method": "POST",
            "path": "/chat/messages",
            "body": {"channel": "= input.to", "text": "= input.text"},
            "result": {"id": "= response.body.id"},
            "idempotency": {"kind": "key"},
        }
    },
}


@pytest.fixture
def dora(in_alpha: TenantRef, settings: Any) -> User:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    return create_user(email="dora@staff.example", name="Dora", roles=["delivery_director"], actor=SYSTEM)


def actor(user: User) -> Actor:
    return actor_of_user(get_user(user.id))


def tell(user: User, title: str = "Approve the team", key: str = "approval-requested") -> Message:
    data = {"approval": {"id": "7", "title": title, "about": "", "details": "Amount: 5"}}
    with unit_of_work(SYSTEM):
        message = queue_message(key=key, to=Recipient(user.email, user.name, user.id), data=data)
    assert message is not None
    return message


def wish(user: User, mail: str = "now", chat: bool = False, **more: Any) -> None:
    save_preferences(actor=actor(user), ways={"asked": {"mail": mail, "chat": chat}}, **more)


def quiet_now(zone: str) -> dict[str, Any]:
    """Quiet hours there from an hour ago for three hours."""
    here = now().astimezone(ZoneInfo(zone))
    begins, ends = (here - timedelta(hours=1)).time(), (here + timedelta(hours=2)).time()
    return {"zone": zone, "quiet_from": begins, "quiet_to": ends}


def test_who_never_said_is_mailed_at_once_and_finds_it_under_the_bell(dora: User) -> None:
    message = tell(dora)
    assert (message.status, message.in_app, message.path, message.chat) == (
        "queued",
        True,
        "/approvals/7/",
        "",
    )
    assert WorkItem.objects.get(ref=message.id, kind="messaging.send").run_at <= now()
    assert [notice.id for notice in unread_notices(actor(dora))] == [message.id]


def test_no_mail_still_stands_under_the_bell(dora: User) -> None:
    wish(dora, "never")
    message = tell(dora)
    assert message.status == "kept"
    assert not WorkItem.objects.filter(ref=message.id).exists()
    assert unread_notices(actor(dora)).count() == 1


def test_quiet_hours_put_the_mail_off(dora: User) -> None:
    wish(dora, **quiet_now("Asia/Tokyo"))
    message = tell(dora)
    wait = WorkItem.objects.get(ref=message.id, kind="messaging.send").run_at - now()
    assert timedelta(hours=1, minutes=58) < wait < timedelta(hours=2, minutes=1)


def test_a_code_does_not_wait_for_quiet_hours(dora: User) -> None:
    wish(dora, "never", **quiet_now("UTC"))
    with unit_of_work(SYSTEM):
        message = queue_message(
            key="sign-in-code",
            to=Recipient(dora.email, dora.name, dora.id),
            data={"code": "QX7-F2P", "minutes": 10},
            sensitive=True,
        )
    assert message is not None
    assert (message.status, message.in_app) == ("queued", False)
    assert WorkItem.objects.get(ref=message.id).run_at <= now()


def test_the_daily_mail_holds_all_and_is_sent_once(dora: User, drain: Callable[..., int]) -> None:
    wish(dora, "digest")
    held = [tell(dora, title) for title in ("One", "Two", "Three")]
    items = WorkItem.objects.filter(kind="messaging.digest")
    assert items.count() == 1
    assert now() < items.get().run_at <= now() + timedelta(days=1)
    drain(until=25 * 3600)
    digest = Message.objects.get(key="digest")
    assert digest.subject == "Your day: 3 notices"
    for title in ("One", "Two", "Three"):
        assert f"Please decide: {title}" in digest.text
    assert "/approvals/7/" in digest.text
    assert digest.in_app is False
    assert set(Message.objects.filter(pk__in=[one.pk for one in held]).values_list("status", flat=True)) == {
        "bundled"
    }
    tell(dora, "Four")
    drain(until=25 * 3600)
    assert Message.objects.filter(key="digest").count() == 2
    assert "One" not in Message.objects.filter(key="digest").latest("id").text


def test_nobody_who_left_gets_a_daily_mail(dora: User, drain: Callable[..., int]) -> None:
    wish(dora, "digest")
    message = tell(dora)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    drain(until=25 * 3600)
    message.refresh_from_db()
    assert message.status == "bundled"
    assert not Message.objects.filter(key="digest").exists()


def connect_chat(systems: SystemsClient, settings: Any) -> None:
    host = f"127.0.0.1:{systems.program.port}"
    settings.OUTBOUND_ALLOWED_PRIVATE = [host]
    install_connection(
        name="Chat",
        definition=CHAT,
        config={"base_url": f"http://{host}"},
        secret=Secret("bearer", {"token": systems.tokens["chat"]}),
        slots=["chat"],
        actor=SYSTEM,
    )


def test_the_chat_gets_a_title_and_a_link(
    dora: User, systems: SystemsClient, settings: Any, drain: Callable[..., int]
) -> None:
    connect_chat(systems, settings)
    wish(dora, "never", chat=True)
    message = tell(dora)
    drain()
    message.refresh_from_db()
    assert message.chat == "sent"
    (posted,) = systems.call("GET", "/chat/messages").json()["results"]
    assert posted["channel"] == "dora@staff.example"
    title, link = posted["text"].split("\n")
    assert title == "Please decide: Approve the team"
    assert link.endswith("/approvals/7/")


def test_a_chat_that_cannot_be_reached_is_noted_and_the_mail_leaves(
    dora: User, drain: Callable[..., int]
) -> None:
    wish(dora, "now", chat=True)
    message = tell(dora)
    drain()
    message.refresh_from_db()
    assert message.chat == "failed"
    assert message.status == "queued"
    noted = AuditEntry.objects.get(action="message.chat", subject_id=str(message.id))
    assert noted.after["error"] == "no chat is connected"


def test_reading_is_each_ones_own(dora: User) -> None:
    other = create_user(email="olaf@staff.example", name="Olaf", roles=["finance"], actor=SYSTEM)
    first, second = tell(dora, "One"), tell(dora, "Two")
    tell(other, "One")
    assert read_notices(actor=actor(other), ids=[first.id]) == 0
    assert read_notices(actor=actor(dora), ids=[first.id]) == 1
    assert [notice.id for notice in unread_notices(actor(dora))] == [second.id]
    assert read_notices(actor=actor(dora), paths=["/approvals/7/"]) == 1
    assert unread_notices(actor(other)).count() == 1
    assert list_notices(actor(dora)).count() == 2


@pytest.mark.parametrize(
    ("wishes", "pointer"),
    [
        ({"zone": "Middle/Earth"}, "/zone"),
        ({"quiet_from": time(20)}, "/quiet_to"),
        ({"ways": {"asked": {"mail": "pigeon"}}}, "/ways/asked/mail"),
        ({"ways": {"moon": {}}}, "/ways/moon"),
    ],
)
def test_wishes_that_cannot_be_kept(dora: User, wishes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidPreferences) as caught:
        save_preferences(actor=actor(dora), **wishes)
    assert [problem.pointer for problem in caught.value.errors] == [pointer]
