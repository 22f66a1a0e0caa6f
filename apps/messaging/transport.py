"""Hand letters to the mail server."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from apps.messaging.types import Envelope, Letter
from tenants.types import BrandRef


class Refused(Exception):
    """The mail server refused the message for good; sending it again would not help."""


class NotNow(Exception):
    """The message could not be handed over this time."""


@contextmanager
def mail_server() -> Iterator[EmailBackend]:
    """Open one connection for several messages; raise NotNow if the server cannot be reached."""
    server = EmailBackend(fail_silently=False)
    try:
        server.open()
    except (OSError, SMTPException) as error:
        raise NotNow(_said(error)) from error
    try:
        yield server
    finally:
        # The server has taken or refused every message by now; how it says goodbye changes nothing.
        server.fail_silently = True
        server.close()


def send(server: EmailBackend, letter: Letter, envelope: Envelope, *, brand: BrandRef, at: datetime) -> None:
    """Hand the letter over; raise Refused or NotNow."""
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=sender_of(brand),
        to=[formataddr((envelope.to.name, envelope.to.email))],
        reply_to=[envelope.reply_to] if envelope.reply_to else None,
        headers={
            "Message-ID": envelope.message_id,
            "Date": format_datetime(at),
            # No out-of-office answers to machines (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
        connection=server,
    )
    mail.attach_alternative(letter.html, "text/html")
    try:
        server.send_messages([mail])
    except SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        raise (Refused if all(code >= 500 for code in codes) else NotNow)(_said(error)) from error
    except SMTPSenderRefused as error:
        raise NotNow(_said(error)) from error
    except SMTPResponseException as error:
        raise (Refused if error.smtp_code >= 500 else NotNow)(_said(error)) from error
    except (OSError, SMTPException) as error:
        raise NotNow(_said(error)) from error


def sender_of(brand: BrandRef) -> str:
    """Return the From of the brand: its own sender, or its name before the platform's neutral address."""
    name, address = parseaddr(brand.mail_from)
    return formataddr((name or brand.name, address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _said(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        parts = [f"{code} {_decoded(text)}" for code, text in error.recipients.values()]
        return "; ".join(parts)[:400]
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"[:400]
    return f"{type(error).__name__}: {error}"[:400]


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
