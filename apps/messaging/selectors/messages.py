"""What was sent to whom."""

from uuid import UUID

from django.db.models import QuerySet

from apps.messaging.exceptions import UnknownMessage
from apps.messaging.models import Message


def list_messages() -> QuerySet[Message]:
    """Return all messages without their texts."""
    return Message.objects.defer("text", "html")


def get_message(message_id: UUID) -> Message:
    """Return the message; raise UnknownMessage."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise UnknownMessage
    return message
