"""The work that the rows of messaging ask for."""

from collections.abc import Iterator

from apps.dispatch.types import WorkItemSpec
from apps.messaging.choices import MessageStatus
from apps.messaging.models import Message
from apps.messaging.services.queueing import SEND_KIND


def due_work() -> Iterator[WorkItemSpec]:
    """Messages that are queued."""
    for message in (
        Message.objects.filter(status=MessageStatus.QUEUED).values_list("id", flat=True).iterator()
    ):
        yield WorkItemSpec(SEND_KIND, message)
