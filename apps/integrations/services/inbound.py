"""Take messages in: verify on the raw bytes, store, acknowledge; mapping comes later."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db.models import F

from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from apps.core.errors import Conflict
from apps.dispatch.types import WorkItemSpec
from apps.integrations import events
from apps.integrations.choices import HookStatus
from apps.integrations.exceptions import BadSignature, BodyConflict, UnknownHook
from apps.integrations.inbound.mapping import external_id
from apps.integrations.inbound.schemes import Incoming, scheme_of
from apps.integrations.models import InboundEvent, InboundHook
from apps.integrations.selectors.hooks import live_secrets
from apps.integrations.services.kinds import MAPPING_KIND
from apps.ledger.services import enqueue, record, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.services import raise_exception

_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})
_MAX_HEADERS = 64
_MAX_HEADER = 1000
_MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: the id of the stored message, the first one's for a repetition."""

    id: UUID
    repeated: bool


class HookPaused(Conflict):
    status = 503
    title = "Not taking messages at present"


def receive_message(*, hook_id: UUID, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Store the message and have it mapped. ``headers`` have lower-case names.

    Raises UnknownHook, BadSignature (nothing is stored but a count), HookPaused, BodyConflict (somebody is told).
    """
    hook = InboundHook.objects.filter(pk=hook_id).first()
    if hook is None:
        raise UnknownHook
    scheme = scheme_of(hook.scheme)
    incoming = Incoming(headers, body, now())
    try:
        scheme.verify(hook.options, live_secrets(hook), incoming)
    except BadSignature:
        InboundHook.objects.filter(pk=hook.id).update(
            rejected_count=F("rejected_count") + 1, last_rejected_at=incoming.received_at
        )
        raise
    if hook.status == HookStatus.PAUSED:
        raise HookPaused("hook_paused", "This hook takes no messages at present. Send it again later.")
    digest = scheme.digest(hook.options, incoming)
    named = scheme.identify(hook.options, incoming) or external_id(hook.mapping, body, headers)
    return _store(hook, incoming, _usable_id(named) or f"sha256:{digest}", digest)


def hook_actor(hook: InboundHook) -> Actor:
    """Return the actor on whose behalf the hook's messages act."""
    return Actor(kind=ActorKind.CONNECTOR, id=str(hook.id), label=hook.name)


def _store(hook: InboundHook, incoming: Incoming, message_id: str, digest: str) -> Receipt:
    row = InboundEvent(
        hook=hook,
        external_id=message_id,
        body_hash=digest,
        body=incoming.body,
        headers=_kept(incoming.headers),
        received_at=incoming.received_at,
    )
    with unit_of_work(hook_actor(hook)):
        # A concurrent delivery of the same message waits here for the first, then finds it below.
        InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
        first = InboundEvent.objects.defer("body").get(hook=hook, external_id=message_id)
        if first.id == row.id:
            enqueue(WorkItemSpec(MAPPING_KIND, row.id))
        elif first.body_hash != digest:
            _alert(hook, first)
    if first.body_hash != digest:
        raise BodyConflict(str(first.id))
    return Receipt(first.id, repeated=first.id != row.id)


def _alert(hook: InboundHook, first: InboundEvent) -> None:
    """Tell somebody, once per message: a sender that repeats itself must not flood the inbox."""
    InboundEvent.objects.filter(pk=first.id).update(conflicts=F("conflicts") + 1)
    if first.conflicts:
        return
    data = {"inbound_event_id": str(first.id), "hook_id": str(hook.id), "external_id": first.external_id}
    told = DomainEvent(events.INBOUND_EVENT_CONFLICTED, f"inbound_event/{first.id}", data)
    record("inbound_event.conflict", first, after=data, event=told)
    raise_exception(
        subject=first,
        title=f"{hook.name}: two different messages with one id",
        code="id_reused",
        message=(
            f"A second message came in with the id {first.external_id} of an earlier one, but with another body. The "
            "first one counts; the second was refused. Ask the sender which is right."
        ),
        owner_role=hook.owner_role,
        details=data,
        actor=hook_actor(hook),
    )


def _usable_id(named: str) -> str:
    """Return the sender's id as it is stored; one too long or unprintable is replaced by its hash."""
    if not named:
        return ""
    if len(named) <= _MAX_ID and named.isprintable() and named.isascii():
        return named
    return f"id-sha256:{sha256(named.encode('utf-8', 'replace')).hexdigest()}"


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    kept = [(name, value) for name, value in headers.items() if name not in _NOT_KEPT]
    return {
        name: "".join(character if character.isprintable() else "?" for character in value[:_MAX_HEADER])
        for name, value in kept[:_MAX_HEADERS]
    }
