"""Turn stored messages into domain events; what does not map becomes an exception that can be replayed."""

from uuid import UUID

from apps.accounts import policies as accounts
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.integrations import policies
from apps.integrations.choices import InboundEventStatus
from apps.integrations.exceptions import MappingFailed, NotReplayable
from apps.integrations.inbound.mapping import MappedEvent, map_message, read_body
from apps.integrations.inbound.schema import check_against_schema
from apps.integrations.models import InboundEvent, InboundHook
from apps.integrations.services.inbound import hook_actor
from apps.integrations.services.kinds import MAPPING_KIND
from apps.ledger.services import emit, enqueue, finish, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.services import close_exception, raise_exception

Outcome = MappedEvent | MappingFailed | None


def map_inbound_event(*, event_id: UUID, item: ClaimedItem | None = None) -> None:
    """Map a received message with its hook's present mapping; ``item`` is finished in the same transaction."""
    row = InboundEvent.objects.select_related("hook").filter(pk=event_id).first()
    outcome = _evaluate(row) if row is not None and row.status == InboundEventStatus.RECEIVED else None
    with unit_of_work(hook_actor(row.hook) if row else Actor.system("inbound events")):
        # The mapping was evaluated without a lock, as it may take a while; only its outcome is written under one.
        locked = InboundEvent.objects.defer("body").select_for_update().filter(pk=event_id).first()
        if row is not None and locked is not None and locked.status == InboundEventStatus.RECEIVED:
            _write(row.hook, locked, outcome)
        if item is not None:
            finish([item])


def give_up_mapping(event_id: UUID, error: str) -> None:
    """Mark a message as failed that no worker could map."""
    row = InboundEvent.objects.select_related("hook").filter(pk=event_id).first()
    if row is not None and row.status == InboundEventStatus.RECEIVED:
        with unit_of_work(hook_actor(row.hook)):
            _write_failure(
                row.hook, row, MappingFailed("internal", "/mapping", f"Mapping broke off: {error}.")
            )


def replay_inbound_event(*, event_id: UUID, actor: Actor, reason: str = "") -> InboundEvent:
    """Map a failed or ignored message once more, after its mapping was mended; its exception is closed.

    Raises NotFound, NotReplayable, Forbidden. Fails it again, a new exception is raised.
    """
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.HOOKS_MANAGE)
        row = InboundEvent.objects.defer("body").select_for_update().filter(pk=event_id).first()
        if row is None:
            raise NotFound("not_found", "There is no such message.")
        if row.status not in (InboundEventStatus.FAILED, InboundEventStatus.IGNORED):
            raise NotReplayable(row.status)
        transition(row, "replay", fields={"reason": None})
        close_exception(subject=row, how="replayed", actor=actor, reason=reason)
        enqueue(WorkItemSpec(MAPPING_KIND, row.id))
        return row


def _evaluate(row: InboundEvent) -> Outcome:
    try:
        scope = {
            "body": read_body(bytes(row.body)),
            "headers": row.headers,
            "received_at": row.received_at.isoformat(),
        }
        mapped = map_message(row.hook.mapping, scope)
        if mapped is not None:
            check_against_schema(mapped)
    except MappingFailed as failure:
        return failure
    return mapped


def _write(hook: InboundHook, row: InboundEvent, outcome: Outcome) -> None:
    if isinstance(outcome, MappingFailed):
        _write_failure(hook, row, outcome)
    elif outcome is None:
        transition(
            row,
            "ignore",
            fields={"reason": {"code": "not_wanted", "message": "The mapping's `when` says no."}},
        )
    else:
        subject = outcome.subject or f"inbound_event/{row.id}"
        told = emit(DomainEvent(outcome.type, subject, outcome.data))
        transition(
            row,
            "map",
            fields={"event_type": outcome.type, "event_subject": subject, "domain_event_id": told},
            details={"event_type": outcome.type, "event_id": str(told)},
        )


def _write_failure(hook: InboundHook, row: InboundEvent, failure: MappingFailed) -> None:
    reason = {"code": failure.code, "pointer": failure.pointer, "message": failure.message}
    transition(row, "fail", fields={"reason": reason}, details=reason)
    raise_exception(
        subject=row,
        title=f"{hook.name}: a message is not understood",
        code="not_mapped",
        message=f"{failure.message} (at {failure.pointer}) Mend the mapping of the hook, then replay the message.",
        owner_role=hook.owner_role,
        details={
            "hook_id": str(hook.id),
            "inbound_event_id": str(row.id),
            "external_id": row.external_id,
            **reason,
        },
        actor=hook_actor(hook),
    )
