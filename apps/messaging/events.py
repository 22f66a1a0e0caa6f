"""Events this app emits."""

from apps.ledger.events import EventType, register_event_type

MESSAGE_SENT = "message.sent"
MESSAGE_FAILED = "message.failed"

_TEXT = {"type": "string"}
_MESSAGE = {
    "type": "object",
    "required": ["message_id", "key"],
    "properties": {
        "message_id": _TEXT,
        "key": _TEXT,
        "run_id": {"type": ["string", "null"]},
        "visit": _TEXT,
        "attempts": {"type": "integer"},
        "error": _TEXT,
    },
}


def register() -> None:
    """Add this app's events to the catalogue."""
    register_event_type(EventType(MESSAGE_SENT, "A message was handed to the mail server.", _MESSAGE))
    register_event_type(EventType(MESSAGE_FAILED, "A message could not be delivered.", _MESSAGE))
