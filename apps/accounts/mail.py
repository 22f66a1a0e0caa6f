"""Where messages about signing in are handed over; filled by the app that sends messages to people."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.accounts.types import AccountMail

MailSender = Callable[[AccountMail], None]


@dataclass
class _Place:
    sender: MailSender | None = None


_place = _Place()


def set_mail_sender(sender: MailSender) -> None:
    """Fill the place: ``sender`` is called in the tenant (or platform) the person signs in to, outside a transaction."""
    _place.sender = sender


def send_account_mail(mail: AccountMail) -> None:
    """Hand the message over."""
    if _place.sender is None:
        raise LookupError("no sender of account mail has been registered")
    _place.sender(mail)
