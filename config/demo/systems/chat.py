"""The chat: messages in channels."""

from config.demo.systems.operations import Call, Result, create, listing, operation, require_text


def post_message(call: Call) -> Result:
    """Posts a message; needs `channel` and `text`."""
    require_text(call.body, "channel")
    require_text(call.body, "text")
    return create(call, "chat", "message", "MSG", {"status": "sent"})


def list_messages(call: Call) -> Result:
    """Messages by any top-level field, above all `channel`."""
    return listing(call, "chat", "message")


OPERATIONS = (
    operation("chat", "post_message", "POST", "/messages", post_message),
    operation("chat", "list_messages", "GET", "/messages", list_messages),
)
