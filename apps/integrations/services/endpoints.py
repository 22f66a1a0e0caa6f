"""Set up and change webhook endpoints."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from apps.accounts import policies as accounts
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, Problem
from apps.core.http import HttpConnectionError, HttpRefused, check_url
from apps.core.ids import new_id
from apps.dispatch.types import WorkItemSpec
from apps.integrations import events, policies
from apps.integrations.exceptions import UnknownEndpoint
from apps.integrations.inbound.schemes import make_standard_secret, standard_key
from apps.integrations.models import WebhookDelivery, WebhookEndpoint
from apps.integrations.services.kinds import WEBHOOK_KIND
from apps.integrations.services.secrets import first_ring, turned_ring
from apps.integrations.types import Json
from apps.integrations.webhooks.messages import encode_event
from apps.ledger.events import list_event_types
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.ledger.types import DomainEvent, StoredEvent
from tenants.context import current_tenant
from tenants.links import place_of


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint together with its secret in the clear, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def create_endpoint(
    *, url: str, event_types: Sequence[str], actor: Actor, name: str = "", secret: str = ""
) -> NewEndpoint:
    """Make an endpoint for the event types (``*``, ``noun.*`` or full names); without ``secret`` one is made.

    Raises Invalid with pointers, Forbidden.
    """
    with unit_of_work(actor):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        _check(url, event_types)
        secret = _secret(secret)
        row = WebhookEndpoint.objects.create(
            name=name, url=url, event_types=list(event_types), sealed_secrets=first_ring(secret)
        )
        record("webhook_endpoint.create", row, after=_shown(row))
        return NewEndpoint(row, secret)


def update_endpoint(
    *,
    endpoint_id: UUID,
    actor: Actor,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    name: str | None = None,
) -> WebhookEndpoint:
    """Change what is given. Raises as ``create_endpoint``."""
    with unit_of_work(actor):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = _locked(endpoint_id)
        before = _shown(row)
        row.url = url if url is not None else row.url
        row.event_types = list(event_types) if event_types is not None else row.event_types
        row.name = name if name is not None else row.name
        _check(row.url, row.event_types)
        row.version += 1
        row.save(update_fields=["url", "event_types", "name", "version"])
        record("webhook_endpoint.update", row, before=before, after=_shown(row))
        return row


def rotate_endpoint_secret(*, endpoint_id: UUID, actor: Actor, secret: str = "") -> NewEndpoint:
    """Add a new secret; messages are signed with it and the one before until the next rotation."""
    with unit_of_work(actor):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = _locked(endpoint_id)
        secret = _secret(secret)
        row.sealed_secrets = turned_ring(row.sealed_secrets, secret)
        row.version += 1
        row.save(update_fields=["sealed_secrets", "version"])
        record("webhook_endpoint.rotate_secret", row)
        return NewEndpoint(row, secret)


def enable_endpoint(*, endpoint_id: UUID, actor: Actor, reason: str = "") -> WebhookEndpoint:
    """Send events again; what happened meanwhile can be resent delivery by delivery."""
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = _locked(endpoint_id)
        told = DomainEvent(events.ENDPOINT_ENABLED, f"webhook_endpoint/{row.id}", _told(row))
        transition(row, "enable", fields={"disabled_reason": "", "failing_since": None}, event=told)
        return row


def disable_endpoint(*, endpoint_id: UUID, actor: Actor, reason: str) -> WebhookEndpoint:
    """Send nothing more; deliveries under way end."""
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = _locked(endpoint_id)
        stop_endpoint(row, reason)
        return row


def stop_endpoint(row: WebhookEndpoint, reason: str) -> None:
    """Disable a locked endpoint, by a person or because its subscriber is gone. Needs a unit of work."""
    told = DomainEvent(
        events.ENDPOINT_DISABLED, f"webhook_endpoint/{row.id}", _told(row) | {"reason": reason}
    )
    transition(row, "disable", reason=reason, fields={"disabled_reason": reason[:200]}, event=told)


def test_endpoint(*, endpoint_id: UUID, actor: Actor) -> WebhookDelivery:
    """Send a test message to this endpoint alone; the delivery shows what came of it."""
    with unit_of_work(actor):
        accounts.require(actor, policies.WEBHOOKS_MANAGE)
        row = _locked(endpoint_id)
        event = StoredEvent(
            id=new_id(),
            type=events.ENDPOINT_TESTED,
            version=1,
            subject=f"webhook_endpoint/{row.id}",
            data=_told(row),
            time=now(),
            actor=actor.to_json(),
            request_id="",
        )
        delivery = WebhookDelivery.objects.create(
            endpoint=row,
            event_id=event.id,
            event_type=event.type,
            body=encode_event(event.to_cloud_event(place_of(current_tenant()).origin)),
        )
        record("webhook_endpoint.test", row)
        enqueue(WorkItemSpec(WEBHOOK_KIND, delivery.id))
        return delivery


def _locked(endpoint_id: UUID) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if row is None:
        raise UnknownEndpoint
    return row


def _secret(given: str) -> str:
    secret = given or make_standard_secret()
    try:
        standard_key(secret)
    except ValueError as error:
        remedy = "Send whsec_ and 16 to 128 bytes in base64, or nothing to have one made."
        problem = Problem("/secret", "It is no secret of Standard Webhooks.", "bad_secret", remedy)
        raise Invalid("invalid_secret", "The secret is not usable.", [problem]) from error
    return secret


def _check(url: str, event_types: Sequence[str]) -> None:
    problems = []
    try:
        # Without resolving: a name may point elsewhere when a message is sent, and is checked again then.
        check_url(
            url, allowed_private=settings.OUTBOUND_ALLOWED_PRIVATE, resolver=lambda _host, _port: ["8.8.8.8"]
        )
    except (HttpRefused, HttpConnectionError) as error:
        problems.append(Problem("/url", error.message, "bad_url", "Use an https URL of a public host."))
    known = {event_type.name for event_type in list_event_types()}
    nouns = {f"{name.partition('.')[0]}.*" for name in known} | {"*"}
    for index, name in enumerate(event_types):
        if name not in known and name not in nouns:
            remedy = "See /api/v1/event-types for those there are; `*` and `noun.*` work too."
            problems.append(
                Problem(f"/event_types/{index}", f"There is no {name!r}.", "unknown_event_type", remedy)
            )
    if not event_types:
        problems.append(
            Problem("/event_types", "It would get nothing.", "missing", "Name event types, or `*`.")
        )
    if problems:
        raise Invalid("invalid_endpoint", "The endpoint is not usable like this; see errors.", problems)


def _shown(row: WebhookEndpoint) -> Json:
    return {"name": row.name, "url": row.url, "event_types": row.event_types}


def _told(row: WebhookEndpoint) -> Json:
    return {"endpoint_id": str(row.id), "url": row.url}
