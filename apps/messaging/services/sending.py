"""Send queued messages: outside of any transaction, then note what became of each."""

from collections.abc import Mapping, Sequence

from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.backoff import next_try
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.messaging import events
from apps.messaging.choices import ChatState, MessageStatus
from apps.messaging.models import Message
from apps.messaging.transport import NotNow, Refused, mail_server, send
from apps.messaging.types import Envelope, Letter, Recipient
from apps.workflows.services import raise_exception
from tenants.context import current_tenant
from tenants.types import TenantRef

MAX_ATTEMPTS = 12
EXCEPTION_KEY = "exception-raised"
"""The message that tells the owners of an exception of it."""
_ACTOR = Actor.system("message delivery")

Result = Exception | None
"""None: the server took the message."""


def send_queued(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Send the messages the items refer to, over one connection; those that must wait are tried again later.

    A crash between sending and noting sends a message twice, under the same Message-ID.
    """
    queued = Message.objects.filter(pk__in=[item.ref for item in items], status=MessageStatus.QUEUED)
    messages = {message.id: message for message in queued}
    results = _send_all(list(messages.values()), current_tenant())
    again: dict[int, Retry] = {}
    settled: list[ClaimedItem] = []
    with unit_of_work(_ACTOR):
        for item in items:
            message = messages.get(item.ref)
            if message is not None and not _note(message, results[message.id], attempt=item.attempt):
                again[item.id] = Retry(next_try(item.attempt, base_seconds=5))
            else:
                settled.append(item)
        finish(settled)
    return again


def distrust_queued() -> None:
    """Send nothing by itself that was queued when a backup was made: it has surely been sent since. Needs a unit of work."""
    for message in Message.objects.select_for_update().filter(status=MessageStatus.QUEUED):
        message.error = (
            "The workspace was restored from a backup made before this was sent. Send it again if need be."
        )
        transition(
            message, "fail", fields={"error": message.error}, event=_event(events.MESSAGE_FAILED, message)
        )
        _ask_for_help(message)
    Message.objects.filter(chat=ChatState.QUEUED).update(chat=ChatState.FAILED)


def _send_all(messages: Sequence[Message], tenant: TenantRef) -> Mapping[object, Result]:
    if not messages:
        return {}
    results: dict[object, Result] = {}
    try:
        with mail_server() as server:
            for message in messages:
                try:
                    letter = Letter(message.subject, message.text, message.html)
                    send(
                        server, letter, _envelope(message, tenant), brand=tenant.brand, at=message.created_at
                    )
                    results[message.id] = None
                except (NotNow, Refused) as error:
                    results[message.id] = error
    except NotNow as error:
        return {message.id: error for message in messages}
    return results


def _envelope(message: Message, tenant: TenantRef) -> Envelope:
    return Envelope(
        message_id=f"<{message.id}@{tenant.primary_host}>",
        to=Recipient(message.to_email, message.to_name),
        reply_to=message.reply_to,
    )


def _note(message: Message, result: Result, *, attempt: int) -> bool:
    """Write what became of the message; return whether it is settled."""
    message.attempts += 1
    if result is None:
        forgotten = {"text": "", "html": ""} if message.sensitive else {}
        fields = {"attempts": message.attempts, "sent_at": now(), "error": "", **forgotten}
        transition(message, "send", fields=fields, event=_event(events.MESSAGE_SENT, message))
        return True
    message.error = str(result)[:400]
    if isinstance(result, Refused) or attempt >= MAX_ATTEMPTS:
        fields = {"attempts": message.attempts, "error": message.error}
        transition(message, "fail", fields=fields, event=_event(events.MESSAGE_FAILED, message))
        _ask_for_help(message)
        return True
    message.save(update_fields=["attempts", "error"])
    return False


def _ask_for_help(message: Message) -> None:
    if message.key == EXCEPTION_KEY:
        # It tells of an exception that stands in the list anyway; one about its mail would send mails of its own.
        return
    if message.sensitive:
        # Who waits for a code asks for another one; nobody else could help.
        return
    raise_exception(
        subject=message,
        title=f"Mail to {message.to_name or message.to_email}"[:200],
        code="message_undeliverable",
        message=f"“{message.subject}” could not be delivered to {message.to_email}: {message.error}",
        owner_role="delivery_manager",
        details={"to": message.to_email, "error": message.error, "attempts": message.attempts},
        actor=_ACTOR,
    )


def _event(type: str, message: Message) -> DomainEvent:
    data = {
        "message_id": str(message.id),
        "key": message.key,
        "run_id": str(message.run_id) if message.run_id else None,
        "visit": message.visit,
        "attempts": message.attempts,
        "error": message.error,
    }
    return DomainEvent(type, subject_of(message), data)
