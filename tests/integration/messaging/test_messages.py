"""Messages over real SMTP: what arrives, what is tried again, what is given up."""

import email
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from django.db import IntegrityError, transaction

from apps.accounts.mail import send_account_mail
from apps.accounts.services import create_user
from apps.accounts.types import AccountMail
from apps.core.actor import Actor
from apps.core.errors import DomainError, Invalid
from apps.core.ids import new_id
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.ledger.services import unit_of_work
from apps.messaging.models import Message, MessageTemplate
from apps.messaging.recipients import resolve_recipients
from apps.messaging.services import publish_wording, queue_message, resend_message
from apps.messaging.types import Recipient
from apps.workflows.models import ExceptionCase
from tenants.context import platform_context, tenant_context
from tenants.models import Partner
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
ADA = Recipient("ada@customer.example", "Ada Lovelace")
WELCOME = {"project": {"id": "7", "name": "Nordwind <b>ERP</b>"}}


class Mailbox:
    """What the server took; ``answers`` is what it says next, instead of taking a message."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.original_content or b""
        self.mails.append(email.message_from_bytes(content, policy=default))
        return "250 OK"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = "no-reply@mail.example"
    yield box
    controller.stop()


def welcome(**changes: Any) -> Message:
    with unit_of_work(SYSTEM):
        message = queue_message(**{"key": "customer-welcome", "to": ADA, "data": WELCOME, **changes})
    assert message is not None
    return message


def parts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content()


def test_a_message_arrives_in_the_brand(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    message = welcome()
    drain()
    (mail,) = mailbox.mails
    text, html = parts(mail)
    assert mail["From"] == "North Managed Services <no-reply@mail.example>"
    assert mail["To"] == "Ada Lovelace <ada@customer.example>"
    assert mail["Reply-To"] == "help@northmsp.example"
    assert mail["Subject"] == "Welcome: your project Nordwind <b>ERP</b> has begun"
    assert mail["Message-ID"] == f"<{message.id}@{in_alpha.primary_host}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "X-Mailer" not in mail
    assert text.startswith("Hello Ada Lovelace,\n\n")
    assert f"http://{in_alpha.primary_host}:8000/status/projects/7/" in text
    assert "Nordwind &lt;b&gt;ERP&lt;/b&gt;" in html
    assert "#1f3a5f" in html
    for content in (str(mail), text, html):
        assert "throughline" not in content.lower()
    message.refresh_from_db()
    assert (message.status, message.attempts, message.sent_at is not None) == ("sent", 1, True)
    assert OutboxMessage.objects.filter(type="message.sent", subject=f"message/{message.id}").count() == 1
    assert AuditEntry.objects.filter(action="message.send", subject_id=str(message.id)).count() == 1


def test_a_light_brand_gets_dark_text(beta: TenantRef) -> None:
    with tenant_context(beta):
        message = welcome()
    assert "background:#ffd400;color:#14161a" in message.html


def test_what_cannot_be_taken_now_is_tried_again_under_the_same_id(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    mailbox.answers = ["451 try later", "421 too busy"]
    message = welcome()
    drain()
    message.refresh_from_db()
    assert (message.status, message.attempts, message.error) == ("queued", 1, "451 try later")
    drain(until=60)
    drain(until=60)
    message.refresh_from_db()
    assert (message.status, message.attempts, message.error) == ("sent", 3, "")
    assert len(mailbox.mails) == 1


def test_a_server_that_is_away_is_tried_again(
    in_alpha: TenantRef, settings: Any, drain: Callable[..., int]
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = welcome()
    drain()
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 1)
    assert "refused" in message.error.lower()


def test_a_refused_message_becomes_an_exception_and_can_be_sent_again(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    mailbox.answers = ["550 no such mailbox"]
    message = welcome()
    drain()
    message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "550 no such mailbox")
    case = ExceptionCase.objects.get(code="message_undeliverable")
    assert (case.subject, case.status, case.owner_role) == (
        f"message/{message.id}",
        "open",
        "delivery_manager",
    )
    resend_message(message_id=message.id, actor=SYSTEM, reason="mailbox made")
    drain()
    message.refresh_from_db()
    case.refresh_from_db()
    assert (message.status, case.status, len(mailbox.mails)) == ("sent", "resolved", 1)
    with pytest.raises(DomainError):
        resend_message(message_id=message.id, actor=SYSTEM)


def test_one_connection_sends_many(in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]) -> None:
    mailbox.answers = ["451 later"]
    for number in range(5):
        welcome(to=Recipient(f"p{number}@customer.example"))
    drain()
    assert sorted(Message.objects.values_list("status", flat=True)) == [
        "queued",
        "sent",
        "sent",
        "sent",
        "sent",
    ]
    drain(until=60)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 5


def test_the_same_message_is_queued_once(in_alpha: TenantRef) -> None:
    welcome(dedupe="x")
    with unit_of_work(SYSTEM):
        assert queue_message(key="customer-welcome", to=ADA, data=WELCOME, dedupe="x") is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(key="k", to_email="a@b.example", subject="s", dedupe="x")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "no-such"}, "unknown_message"),
        ({"data": {}}, "message_incomplete"),
        ({"to": Recipient("not an address")}, "invalid_recipient"),
        ({"to": Recipient("a@b.example\r\nBcc: c@d.example")}, "invalid_recipient"),
    ],
)
def test_a_message_that_cannot_be_made_is_refused(
    in_alpha: TenantRef, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        welcome(**changes)
    assert caught.value.code == code


def test_names_cannot_smuggle_headers(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    (recipient,) = resolve_recipients({"email": "a@b.example", "name": "Eve\r\nBcc: x@y.example"})
    welcome(to=recipient)
    drain()
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert "Eve Bcc" in str(mail["To"])


def test_recipients_are_found_by_address_contact_role_and_user(in_alpha: TenantRef) -> None:
    user = create_user(email="fin@staff.example", name="Fin", roles=["finance"], actor=SYSTEM)
    found = resolve_recipients(
        [
            "a@b.example",
            {"email": "A@b.example", "name": "Twice"},
            {"role": "finance"},
            {"user": str(user.id)},
        ]
    )
    assert [recipient.email for recipient in found] == ["a@b.example", "fin@staff.example"]
    nobodies: tuple[Any, ...] = ([], {"role": "auditor"}, {"user": str(new_id())}, {"user": "x"}, 5, "nobody")
    for nobody in nobodies:
        with pytest.raises(Invalid):
            resolve_recipients(nobody)


def test_a_tenant_says_it_in_its_own_words(in_alpha: TenantRef) -> None:
    first = publish_wording(
        key="customer-welcome",
        subject="Hi {{ project.name }}",
        body="{{ greeting }}\n\nWelcome.",
        actor=SYSTEM,
    )
    second = publish_wording(key="customer-welcome", subject="Hey", body="Just hey.", actor=SYSTEM)
    message = welcome()
    assert (message.subject, message.wording_version) == ("Hey", second.number)
    first.refresh_from_db()
    assert [first.status, MessageTemplate.objects.filter(status="published").count()] == ["retired", 1]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"subject": ""}, "/subject"),
        ({"subject": "a\nb"}, "/subject"),
        ({"body": "{% include 'x' %}"}, "/body"),
        ({"action_label": "Go"}, "/action_label"),
        ({"action_label": "Go", "action_path": "https://evil.example"}, "/action_path"),
        ({"action_label": "Go", "action_path": "//evil.example"}, "/action_path"),
    ],
)
def test_bad_wordings_are_refused_with_their_place(
    in_alpha: TenantRef, fields: dict[str, str], pointer: str
) -> None:
    with pytest.raises(Invalid) as caught:
        publish_wording(key="x", actor=SYSTEM, **{"subject": "S", "body": "B", **fields})
    assert pointer in {problem.pointer for problem in caught.value.errors}


def test_a_sign_in_code_is_forgotten_once_sent(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    create_user(email="ada@staff.example", name="Ada", actor=SYSTEM)
    send_account_mail(AccountMail("sign_in_code", "ada@staff.example", {"code": "QX7-F2P"}))
    drain()
    (mail,) = mailbox.mails
    text, html = parts(mail)
    assert "QX7-F2P" in text
    assert 'class="code">QX7-F2P' in html
    message = Message.objects.get(key="sign-in-code")
    assert (message.status, message.text, message.html) == ("sent", "", "")
    assert "QX7-F2P" not in message.subject


def test_a_password_link_is_the_button(
    in_alpha: TenantRef, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    url = "http://alpha.localhost:8000/password/reset/key/abc/"
    send_account_mail(AccountMail("password_reset", "ada@staff.example", {"url": url}))
    drain()
    assert url in parts(mailbox.mails[0])[0]


def test_a_partners_staff_get_their_code_in_the_partners_brand(
    db: None, mailbox: Mailbox, drain: Callable[..., int]
) -> None:
    with platform_context():
        partner = Partner.objects.get(slug="solarerp")
        create_user(email="pat@solarerp.example", name="Pat", partner_id=partner.id, actor=SYSTEM)
        send_account_mail(AccountMail("sign_in_code", "pat@solarerp.example", {"code": "AB1-CD2"}))
    (mail,) = mailbox.mails
    assert mail["From"] == "Solar ERP Partners <no-reply@mail.example>"
    assert str(mail["Message-ID"]).endswith("@solarerp.localhost>")
    assert "AB1-CD2" in parts(mail)[0]
