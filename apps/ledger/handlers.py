"""Deliver outbox messages to their subscribers, several transactions' worth at a time."""

import json
from collections.abc import Sequence
from uuid import UUID

import structlog

from apps.core.actor import Actor
from apps.dispatch.backoff import next_try
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.events import (
    BatchSubscriber,
    Subscriber,
    batch_subscribers,
    find_subscriber,
    subscribers_of,
    work_led_to,
)
from apps.ledger.models import OutboxMessage, SubscriberRetry
from apps.ledger.services import attempt, enqueue, finish, unit_of_work
from apps.ledger.services.sealing import seal_later
from apps.ledger.types import StoredEvent
from tenants.context import tenant_or_none
from tenants.db import connection

log = structlog.get_logger(__name__)

RETRY_KIND = "ledger.subscriber"
MAX_ATTEMPTS = 12
_ACTOR = Actor.system("event delivery")


def deliver_outbox(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Take the batches the items refer to out of the outbox and tell every subscriber, in one transaction.

    Normally nobody fails, and savepoints would be a third of all statements: so the first try does without. If somebody
    fails, nothing of it remains, and the second try keeps the subscribers apart.
    """
    try:
        _deliver(items, apart=False)
    except FenceLost:
        raise
    except Exception as error:  # noqa: BLE001 - subscribers may fail in any way; the second try says who and how
        log.info("outbox.delivered_apart", error=f"{type(error).__name__}: {error}"[:200])
        _deliver(items, apart=True)
    return {}


def _deliver(items: Sequence[ClaimedItem], *, apart: bool) -> None:
    platform = tenant_or_none() is None
    tell_all, tell = (_tell_all, _tell) if apart else (_tell_all_plainly, _tell_plainly)
    with unit_of_work(_ACTOR):
        events = _take([item.ref for item in items])
        for name, subscriber in batch_subscribers(platform=platform).items():
            tell_all(name, subscriber, events)
        for event in events:
            for name, single in subscribers_of(event.type, platform=platform).items():
                tell(name, single, event)
            for work in work_led_to(event.type, event.data):
                enqueue(work)
        seal_later()
        finish(items)


def retry_subscriber(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Tell one subscriber one message again; after MAX_ATTEMPTS it is parked for a person."""
    again: dict[int, Retry] = {}
    for item in items:
        with unit_of_work(_ACTOR):
            row = (
                SubscriberRetry.objects.select_for_update()
                .select_related("message")
                .filter(pk=item.ref)
                .first()
            )
            done = row is None or _retry(row)
            if done:
                finish([item])
            else:
                again[item.id] = Retry(next_try(item.attempt, base_seconds=5))
    return again


def _retry(row: SubscriberRetry) -> bool:
    subscriber = find_subscriber(row.subscriber)
    try:
        if subscriber is not None:
            with attempt():
                subscriber(stored_event(row.message))
    except Exception as error:  # noqa: BLE001 - a subscriber may fail in any way; it is retried, then parked
        row.attempts += 1
        row.error = f"{type(error).__name__}: {error}"
        row.parked = row.attempts >= MAX_ATTEMPTS
        row.save(update_fields=["attempts", "error", "parked"])
        log.warning(
            "subscriber.failed", subscriber=row.subscriber, attempts=row.attempts, error=row.error[:200]
        )
        return row.parked
    row.delete()
    return True


_TAKE = """
UPDATE ledger_outboxmessage SET delivered_at = clock_timestamp() WHERE batch = ANY(%s) AND delivered_at IS NULL
RETURNING id, type, type_version, subject, data, time, actor, request_id,
          coalesce((SELECT number FROM "public".tenants_configuration WHERE schema_name = current_schema()), 0)
"""


def _take(batches: list[UUID]) -> list[StoredEvent]:
    """Mark the batches' messages delivered and return them in order; those delivered before are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [batches])
        rows = sorted(cursor.fetchall())
    if rows:
        # What began with an earlier number must not miss a trigger or an endpoint that is older than the event.
        connection.note_configuration(rows[0][-1])
    return [
        StoredEvent(
            id=message_id,
            type=name,
            version=version,
            subject=subject,
            data=json.loads(data),
            time=time,
            actor=json.loads(actor),
            request_id=request_id,
        )
        for message_id, name, version, subject, data, time, actor, request_id, _number in rows
    ]


def stored_event(message: OutboxMessage) -> StoredEvent:
    """Return the immutable view of an outbox row."""
    return StoredEvent(
        id=message.id,
        type=message.type,
        version=message.type_version,
        subject=message.subject,
        data=message.data,
        time=message.time,
        actor=message.actor,
        request_id=message.request_id,
    )


def _tell_all_plainly(_name: str, subscriber: BatchSubscriber, events: list[StoredEvent]) -> None:
    if events:
        subscriber(events)


def _tell_plainly(_name: str, subscriber: Subscriber, event: StoredEvent) -> None:
    subscriber(event)


def _tell_all(name: str, subscriber: BatchSubscriber, events: list[StoredEvent]) -> None:
    if not events:
        return
    try:
        with attempt():
            subscriber(events)
    except Exception:
        log.exception("subscriber.batch_failed", subscriber=name)
        for event in events:
            _tell(name, lambda single: subscriber([single]), event)


def _tell(name: str, subscriber: Subscriber, event: StoredEvent) -> None:
    try:
        with attempt():
            subscriber(event)
    except Exception as error:
        log.exception("subscriber.failed", subscriber=name, event_type=event.type)
        row, _made = SubscriberRetry.objects.get_or_create(
            message_id=event.id,
            subscriber=name,
            defaults={"error": f"{type(error).__name__}: {error}", "attempts": 1},
        )
        enqueue(WorkItemSpec(RETRY_KIND, row.id, run_at=next_try(1, base_seconds=2)))
