"""Deliver events to endpoints: one row an endpoint and event, one row an attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from apps.accounts import policies as accounts
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, NotFound
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.integrations import policies
from apps.integrations.choices import DeliveryState, EndpointStatus
from apps.integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from apps.integrations.selectors.webhooks import listening_endpoints
from apps.integrations.services.endpoints import stop_endpoint
from apps.integrations.services.kinds import WEBHOOK_KIND
from apps.integrations.webhooks.messages import encode_event, wants
from apps.integrations.webhooks.schedule import next_attempt
from apps.ledger.services import enqueue, finish, record, unit_of_work
from apps.ledger.types import StoredEvent
from tenants.context import current_tenant, tenant_or_none
from tenants.links import place_of

_ACTOR = Actor.system("webhooks")
_GONE = 410


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What one try gave: ``status_code`` None if there was no answer; ``retry_after`` in seconds."""

    at: datetime
    status_code: int | None = None
    error: str = ""
    response: str = ""
    latency_ms: float | None = None
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def fan_out(events: Sequence[StoredEvent]) -> None:
    """Intend a delivery to every active endpoint that wants one of the events; part of the outbox's transaction."""
    if tenant_or_none() is None:
        # Events of the platform itself; endpoints belong to tenants.
        return
    endpoints = listening_endpoints()
    rows = [
        WebhookDelivery(
            endpoint_id=endpoint_id,
            event_id=event.id,
            event_type=event.type,
            body=encode_event(event.to_cloud_event(place_of(current_tenant()).origin)),
        )
        for event in events
        for endpoint_id, event_types in endpoints
        if wants(event_types, event.type)
    ]
    if rows:
        # An event told twice finds its delivery there already; the extra work item then finds no row and ends.
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        for row in rows:
            enqueue(WorkItemSpec(WEBHOOK_KIND, row.id))


def record_attempt(delivery: WebhookDelivery, outcome: AttemptOutcome, item: ClaimedItem) -> None:
    """Note what a try gave and intend the next one, in one transaction that is lost if the item is not ours."""
    number = delivery.attempts + 1
    again = None if outcome.delivered else next_attempt(number, outcome.at, outcome.retry_after)
    if outcome.status_code == _GONE:
        again = None
    with unit_of_work(_ACTOR):
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=number,
            at=outcome.at,
            status_code=outcome.status_code,
            error=outcome.error[:300],
            response=outcome.response[:1000],
            latency_ms=outcome.latency_ms,
        )
        WebhookDelivery.objects.filter(pk=delivery.id).update(
            attempts=F("attempts") + 1, next_at=again, **_standing(outcome, again)
        )
        _note_health(delivery, outcome, final=again is None)
        if again is not None:
            enqueue(WorkItemSpec(WEBHOOK_KIND, delivery.id, run_at=again))
        finish([item])


def end_delivery(delivery: WebhookDelivery, item: ClaimedItem) -> None:
    """Give up a delivery whose endpoint was disabled meanwhile."""
    with unit_of_work(_ACTOR):
        WebhookDelivery.objects.filter(pk=delivery.id).update(state=DeliveryState.FAILED, next_at=None)
        finish([item])


def drop_deliveries(items: Sequence[ClaimedItem]) -> None:
    """Finish items with nothing to deliver."""
    with unit_of_work(_ACTOR):
        finish(items)


def resend_delivery(*, delivery_id: UUID, actor: Actor) -> WebhookDelivery:
    """Deliver once more from the beginning of the schedule, with the same id and body.

    Raises NotFound, Conflict (``delivery_pending``, ``endpoint_disabled``), Forbidden.
    """
    with unit_of_work(actor):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = (
            WebhookDelivery.objects.select_related("endpoint")
            .select_for_update(of=("self",))
            .filter(pk=delivery_id)
            .first()
        )
        if row is None:
            raise NotFound("not_found", "There is no such delivery.")
        if row.endpoint.status != EndpointStatus.ACTIVE:
            raise Conflict("endpoint_disabled", "The endpoint is disabled. Enable it first.")
        if row.state == DeliveryState.PENDING:
            raise Conflict("delivery_pending", "This delivery is still being tried.")
        before = {"state": row.state, "attempts": row.attempts}
        row.state, row.attempts, row.next_at, row.delivered_at = DeliveryState.PENDING, 0, now(), None
        row.version += 1
        row.save(update_fields=["state", "attempts", "next_at", "delivered_at", "version"])
        record("webhook_delivery.resend", row, before=before)
        enqueue(WorkItemSpec(WEBHOOK_KIND, row.id))
        return row


def _first_try(delivery: WebhookDelivery) -> datetime:
    first: datetime = delivery.tries.filter(number=1).latest("at").at
    return first


def _standing(outcome: AttemptOutcome, again: datetime | None) -> dict[str, Any]:
    if outcome.delivered:
        return {"state": DeliveryState.DELIVERED, "delivered_at": outcome.at}
    return {} if again else {"state": DeliveryState.FAILED}


def _note_health(delivery: WebhookDelivery, outcome: AttemptOutcome, *, final: bool) -> None:
    """Remember since when an endpoint fails; disable it when it is gone, or failed throughout a whole schedule."""
    endpoint = delivery.endpoint
    if outcome.delivered:
        if endpoint.failing_since is not None:
            WebhookEndpoint.objects.filter(pk=endpoint.id).update(failing_since=None)
        return
    locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.id)
    if locked.failing_since is None:
        locked.failing_since = outcome.at
        locked.save(update_fields=["failing_since"])
    if locked.status != EndpointStatus.ACTIVE:
        return
    if outcome.status_code == _GONE:
        stop_endpoint(locked, "The subscriber answered 410 Gone.")
    elif final and locked.failing_since <= _first_try(delivery):
        stop_endpoint(locked, f"Every attempt since {locked.failing_since:%Y-%m-%d %H:%M} UTC failed.")
