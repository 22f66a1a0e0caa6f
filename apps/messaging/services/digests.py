"""The daily mail: what a person wanted to be told once a day, in one message."""

from collections.abc import Sequence
from uuid import UUID

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem
from apps.ledger.services import transition, unit_of_work
from apps.messaging.choices import MessageStatus
from apps.messaging.models import Message
from apps.messaging.recipients import recipient_of
from apps.messaging.services.queueing import DIGEST_KEY, queue_message
from tenants.links import tenant_url

MAX_LINES = 100
_ACTOR = Actor.system("daily mail")


def send_digests(items: Sequence[ClaimedItem]) -> None:
    """Send the daily mail of the people the items refer to; one with nothing in it is not sent."""
    for item in items:
        with unit_of_work(_ACTOR):
            bundle_held(item.ref)
            finish([item])


def bundle_held(user_id: UUID) -> Message | None:
    """Queue one message with all that is held for the person; needs a unit of work. None if there is nothing."""
    held = list(
        Message.objects.select_for_update()
        .filter(user_id=user_id, status=MessageStatus.HELD)
        .defer("html")
        .order_by("id")
    )
    user = User.objects.filter(pk=user_id, is_active=True).first()
    for message in held:
        transition(message, "bundle")
    if user is None or not held:
        return None
    return queue_message(
        key=DIGEST_KEY,
        to=recipient_of(user),
        data={"digest": {"count": _counted(len(held)), "lines": _lines(held)}},
        dedupe=f"digest:{user_id}:{held[0].id}",
    )


def _lines(held: Sequence[Message]) -> str:
    lines = [line for message in held[:MAX_LINES] for line in _line(message)]
    left = len(held) - MAX_LINES
    return "\n".join([*lines, f"And {left} more."] if left > 0 else lines)


def _line(message: Message) -> list[str]:
    return [f"• {message.subject}", *([f"  {tenant_url(message.path)}"] if message.path else [])]


def _counted(number: int) -> str:
    return "1 notice" if number == 1 else f"{number} notices"
