"""Deliver webhooks: outside any transaction, those of a batch at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache

import structlog

from apps.core.clock import now
from apps.core.http import HttpError, HttpTooLarge, outbound_client
from apps.core.outages import is_outage
from apps.dispatch.backoff import next_try
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.types import ClaimedItem, Retry
from apps.integrations.choices import DeliveryState, EndpointStatus
from apps.integrations.connectors.rest.answer import retry_after
from apps.integrations.models import WebhookDelivery
from apps.integrations.selectors.webhooks import endpoint_secrets
from apps.integrations.services import deliveries as service
from apps.integrations.services.deliveries import AttemptOutcome
from apps.integrations.webhooks.messages import signed_headers

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 15.0
_READ_BYTES = 64 * 1024


def deliver_webhooks(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Send the deliveries the items refer to and note what their subscribers answered."""
    again: dict[int, Retry] = {}
    rows = WebhookDelivery.objects.select_related("endpoint").in_bulk([item.ref for item in items])
    sends: list[tuple[ClaimedItem, WebhookDelivery, list[str]]] = []
    for item in items:
        row = rows.get(item.ref)
        if row is None or row.state != DeliveryState.PENDING:
            service.drop_deliveries([item])
        elif row.endpoint.status != EndpointStatus.ACTIVE:
            service.end_delivery(row, item)
        else:
            sends.append((item, row, endpoint_secrets(row.endpoint)))
    futures = {_pool().submit(_send, row, secrets): (item, row) for item, row, secrets in sends}
    for future in as_completed(futures):
        item, row = futures[future]
        try:
            service.record_attempt(row, future.result(), item)
        except FenceLost:
            log.info("webhook.fence_lost", ref=str(item.ref))
        except Exception as error:
            log.exception("webhook.failed", ref=str(item.ref))
            again[item.id] = Retry(next_try(item.attempt), untried=is_outage(error))
    return again


def _send(delivery: WebhookDelivery, secrets: Sequence[str]) -> AttemptOutcome:
    at = now()
    headers = signed_headers(secrets, delivery.message_id, at, delivery.body)
    try:
        response = outbound_client().send(
            "POST",
            delivery.endpoint.url,
            headers=headers | {"User-Agent": "webhooks/1"},
            body=delivery.body.encode(),
            timeout=TIMEOUT_SECONDS,
            max_bytes=_READ_BYTES,
        )
    except HttpTooLarge as error:
        # A subscriber that says too much has understood all the same.
        return AttemptOutcome(at=at, status_code=error.status, error=error.message)
    except HttpError as error:
        return AttemptOutcome(at=at, error=error.message)
    return AttemptOutcome(
        at=at,
        status_code=response.status,
        response=response.body[:1000].decode("utf-8", "replace").replace("\x00", ""),
        latency_ms=response.elapsed_ms,
        retry_after=retry_after(response.headers.get("retry-after", "")),
    )


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=32, thread_name_prefix="webhook")
