"""Queue a message in the transaction of what it tells about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.accounts import policies as account_policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.messaging.choices import ChatState, MessageStatus
from apps.messaging.exceptions import NothingToResend, UnknownMessage, UnknownWording
from apps.messaging.models import Message
from apps.messaging.recipients import checked_address
from apps.messaging.rendering import compose
from apps.messaging.selectors import find_wording
from apps.messaging.selectors.preferences import wishes_of
from apps.messaging.types import Recipient, Wording
from apps.messaging.ways import Way, kind_of, way_for
from apps.workflows.services import close_exception
from tenants.context import current_tenant
from tenants.links import place_of

SEND_KIND = "messaging.send"
DIGEST_KIND = "messaging.digest"
CHAT_KIND = "messaging.chat"
DIGEST_KEY = "digest"
"""The message that bundles what a person wants to be told once a day."""


def queue_message(
    *,
    key: str,
    to: Recipient,
    data: Mapping[str, Any],
    action_url: str = "",
    reply_to: str = "",
    run_id: UUID | None = None,
    visit: str = "",
    dedupe: str | None = None,
    sensitive: bool = False,
    wording: Wording | None = None,
) -> Message | None:
    """Render the message ``key`` to one person and have it sent after commit; needs a unit of work.

    A user of the tenant is told as he wishes: at once, after his quiet hours, with his daily mail, or in the product
    only. Returns None if one with the same ``dedupe`` was queued before. ``reply_to`` "" means the brand's support address.
    ``wording`` is what it says, where that is not what the tenant has published now.
    Raises UnknownWording, InvalidRecipient and MessageIncomplete.
    """
    if dedupe is not None and Message.objects.filter(dedupe=dedupe).exists():
        return None
    wording = wording or find_wording(key)
    if wording is None:
        raise UnknownWording(key)
    address = checked_address(to.email)
    place = place_of(current_tenant())
    letter = compose(wording, to=to, place=place, data=data, action_url=action_url)
    way = _way(key, to, is_personal=sensitive or bool(action_url))
    message = Message.objects.create(
        key=key,
        wording_version=wording.version,
        to_email=address,
        to_name=to.name[:200],
        user_id=to.user_id,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        reply_to=reply_to or place.brand.support_email,
        sensitive=sensitive,
        run_id=run_id,
        visit=visit,
        dedupe=dedupe,
        status=_status(way),
        in_app=to.user_id is not None and not sensitive and key != DIGEST_KEY,
        path=letter.path[:200],
        chat=ChatState.QUEUED if way.chat_at else ChatState.NONE,
    )
    record("message.queue", message, after={"key": key, "to": address, "status": message.status})
    _have_sent(message, way)
    return message


def _way(key: str, to: Recipient, *, is_personal: bool) -> Way:
    """How the message goes: as its reader wishes, but what he has just asked for himself goes at once."""
    at = now()
    if to.user_id is None or is_personal or key == DIGEST_KEY:
        return Way(mail_at=at)
    return way_for(wishes_of(to.user_id), kind_of(key), at)


def _status(way: Way) -> MessageStatus:
    if way.mail_at is not None:
        return MessageStatus.QUEUED
    return MessageStatus.HELD if way.digest_at is not None else MessageStatus.KEPT


def _have_sent(message: Message, way: Way) -> None:
    if way.mail_at is not None:
        later = way.mail_at if way.mail_at > now() else None
        enqueue(WorkItemSpec(SEND_KIND, message.id, run_at=later))
    if way.digest_at is not None and message.user_id is not None:
        dedupe = f"digest:{message.user_id}"
        enqueue(WorkItemSpec(DIGEST_KIND, message.user_id, run_at=way.digest_at, dedupe=dedupe))
    if way.chat_at is not None:
        enqueue(WorkItemSpec(CHAT_KIND, message.id, run_at=way.chat_at))


def resend_message(*, message_id: UUID, actor: Actor, reason: str = "") -> Message:
    """Try a message again that could not be delivered. Raises UnknownMessage, IllegalTransition, NothingToResend."""
    with unit_of_work(actor, reason=reason):
        message = Message.objects.select_for_update().filter(pk=message_id).first()
        if message is None:
            raise UnknownMessage
        account_policies.require(actor, "messages:resend", message)
        if message.status == MessageStatus.FAILED and not message.text:
            raise NothingToResend
        transition(message, "resend", fields={"error": ""})
        close_exception(subject=message, how="retried", actor=actor, reason=reason)
        enqueue(WorkItemSpec(SEND_KIND, message.id))
        return message
