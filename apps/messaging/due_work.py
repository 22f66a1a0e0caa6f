"""The work that the rows of messaging ask for."""

from collections.abc import Iterator

from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.messaging.choices import ChatState, MessageStatus
from apps.messaging.models import Message
from apps.messaging.selectors.preferences import wishes_of
from apps.messaging.services.queueing import CHAT_KIND, DIGEST_KIND, SEND_KIND
from apps.messaging.ways import kind_of, way_for


def due_work() -> Iterator[WorkItemSpec]:
    """Messages queued for mail and chat, and people for whom a daily mail is gathered."""
    for message in (
        Message.objects.filter(status=MessageStatus.QUEUED).values_list("id", flat=True).iterator()
    ):
        yield WorkItemSpec(SEND_KIND, message)
    for message in Message.objects.filter(chat=ChatState.QUEUED).values_list("id", flat=True).iterator():
        yield WorkItemSpec(CHAT_KIND, message)
    held = Message.objects.filter(status=MessageStatus.HELD)
    for user, key in held.order_by("user_id", "-id").distinct("user_id").values_list("user_id", "key"):
        if user is None:
            continue
        at = way_for(wishes_of(user), kind_of(key), now()).digest_at
        yield WorkItemSpec(DIGEST_KIND, user, run_at=at, dedupe=f"digest:{user}")
