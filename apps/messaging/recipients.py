"""Who a message goes to, from what a template says: addresses, contacts, roles, users."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.messaging.exceptions import InvalidRecipient
from apps.messaging.types import Recipient

MAX_RECIPIENTS = 200


def resolve_recipients(to: Any) -> list[Recipient]:
    """Return the people named by ``to``, each once: a mail address, ``{"email", "name"}``, ``{"role", "region"}``,
    ``{"user"}``, or a list of those. Raises InvalidRecipient if one is unreadable or nobody is found.
    """
    found: dict[str, Recipient] = {}
    for entry in to if isinstance(to, list) else [to]:
        for recipient in _people(entry):
            found.setdefault(recipient.email.lower(), recipient)
    if not found:
        raise InvalidRecipient("The message has nobody to go to.")
    if len(found) > MAX_RECIPIENTS:
        raise InvalidRecipient(
            f"The message would go to {len(found)} people; at most {MAX_RECIPIENTS} are allowed."
        )
    return list(found.values())


def checked_address(email: str) -> str:
    """Return the mail address; raise InvalidRecipient if it is none."""
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidRecipient(f"'{address[:80]}' is not a mail address.") from error
    return address


def recipient_of(user: User) -> Recipient:
    return Recipient(email=user.email, name=user.name, user_id=user.id)


def _people(entry: Any) -> Iterator[Recipient]:
    if isinstance(entry, str):
        yield Recipient(checked_address(entry))
    elif isinstance(entry, dict) and isinstance(entry.get("email"), str):
        name = entry.get("name")
        yield Recipient(
            checked_address(entry["email"]), " ".join(name.split()) if isinstance(name, str) else ""
        )
    elif isinstance(entry, dict) and isinstance(entry.get("role"), str):
        region = entry.get("region")
        users = users_with_role(entry["role"], region=region if isinstance(region, str) else "")
        if not users:
            raise InvalidRecipient(f"Nobody has the role {entry['role'].replace('_', ' ')}.")
        yield from map(recipient_of, users)
    elif isinstance(entry, dict) and isinstance(entry.get("user"), str):
        yield recipient_of(_user(entry["user"]))
    else:
        raise InvalidRecipient("Name people by mail address, {email, name}, {role} or {user}.")


def _user(user_id: str) -> User:
    try:
        user = User.objects.filter(pk=UUID(user_id), is_active=True).first()
    except ValueError:
        user = None
    if user is None:
        raise InvalidRecipient("There is no such user.")
    return user
