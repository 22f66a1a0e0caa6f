"""Tell people in their chat, through the connection in the slot ``chat``: what it is and a link, never a decision."""

from collections.abc import Sequence
from typing import Any

import structlog

from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.dispatch.backoff import next_try
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry
from apps.integrations.exceptions import CredentialUnreadable, OperationError
from apps.integrations.selectors.connections import bind, find_binding
from apps.ledger.services import record, unit_of_work
from apps.messaging.choices import ChatState
from apps.messaging.models import Message
from tenants.context import current_tenant
from tenants.links import place_of

log = structlog.get_logger(__name__)
SLOT, OPERATION = "chat", "post_message"
MAX_ATTEMPTS = 6
_ACTOR = Actor.system("chat messages")


def chat_is_connected() -> bool:
    """Whether the workspace has connected a chat that can be written to."""
    binding = find_binding(SLOT)
    return binding is not None and OPERATION in binding.connection.definition.get("operations", {})


def post_to_chat(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Post the messages the items refer to, each by itself; what fails for good is noted and troubles nobody else."""
    again: dict[int, Retry] = {}
    for item in items:
        message = Message.objects.filter(pk=item.ref, chat=ChatState.QUEUED).first()
        state, error = _post(message, item) if message else (None, "")
        if state is ChatState.QUEUED:
            again[item.id] = Retry(next_try(item.attempt, base_seconds=10))
            continue
        with unit_of_work(_ACTOR):
            if message is not None and state is not None:
                Message.objects.filter(pk=message.pk).update(chat=state)
                record("message.chat", message, after={"chat": state.value, "error": error})
            finish([item])
    return again


def _post(message: Message, item: ClaimedItem) -> tuple[ChatState, str]:
    """Return how the message stands then: SENT, FAILED, or QUEUED to try again; and why not."""
    binding = find_binding(SLOT)
    if binding is None:
        return ChatState.FAILED, "no chat is connected"
    try:
        connection = bind(binding.connection)
        if not connection.has_operation(OPERATION):
            return ChatState.FAILED, f"the connection has no operation {OPERATION!r}"
        connection.execute(OPERATION, chat_text(message), str(message.id), maybe_sent=item.attempt > 1)
    except OperationError as error:
        may_try = error.retryable and item.attempt < MAX_ATTEMPTS
        log.info("chat.refused", ref=str(message.id), code=error.code)
        return (ChatState.QUEUED if may_try else ChatState.FAILED), error.message[:200]
    except (DomainError, CredentialUnreadable, LookupError) as error:
        return ChatState.FAILED, str(error)[:200]
    return ChatState.SENT, ""


def chat_text(message: Message) -> dict[str, Any]:
    """Return what the chat is given of a message: words and one link, which leads to the page."""
    place = place_of(current_tenant())
    url = place.url(message.path or "/")
    return {
        "text": f"{message.subject}\n{url}",
        "title": message.subject,
        "url": url,
        "to": message.to_email,
        "name": message.to_name,
    }
