"""The effect ledger: intend calls in a run's transaction, settle what came of them, hold and withdraw them."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from django.db.models import F

from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from apps.dispatch.choices import WorkState
from apps.dispatch.models import WorkItem
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import ClaimedItem, WorkItemSpec
from apps.integrations import events
from apps.integrations.choices import ConnectionStatus, IntentState
from apps.integrations.exceptions import OperationError
from apps.integrations.models import ActionIntent, Connection
from apps.integrations.services.intents import settle_intent, write_intent
from apps.integrations.services.kinds import ACTION_KIND
from apps.integrations.types import OperationResult, PendingAction
from apps.ledger.services import emit, enqueue, finish, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.effects import Compensate, PerformAction
from apps.workflows.services import complete_step, fail_step
from apps.workflows.steps import RunContext
from tenants.context import current_tenant

_OPEN = (IntentState.INTENDED, IntentState.HELD)


def open_action(effect: PerformAction | Compensate, context: RunContext) -> None:
    """Intend the call, within the run's transaction; it is made after commit, not before ``effect.run_at``."""
    intent = ActionIntent(
        id=idempotency_key(context.run_id, effect.visit, effect.epoch),
        run_id=context.run_id,
        visit=effect.visit,
        epoch=effect.epoch,
        attempt=effect.attempt,
        template_key=context.template_key,
        slot=effect.connection,
        operation=effect.operation,
        input=effect.input,
        timeout_seconds=effect.timeout.total_seconds() if effect.timeout else None,
    )
    write_intent(intent)
    enqueue(WorkItemSpec(ACTION_KIND, intent.id, run_at=effect.run_at))


def close_action(context: RunContext, visit: str) -> None:
    """Withdraw the visit's call if it has not begun; one under way finishes, and its answer changes nothing."""
    ids = _open_ids(context.run_id, visit)
    if ids:
        ActionIntent.objects.filter(pk__in=ids).update(state=IntentState.WITHDRAWN, settled_at=now())
        cancel_work_of(tenant_id=current_tenant().id, refs=ids)


def drain_action(context: RunContext, visit: str, epoch: int) -> bool:
    """Withdraw the call of the visit's epoch if it was certainly never sent; return whether no answer will come.

    One that was sent, or may have been, stays: its answer says what a roll-back has to undo. If a pause has called back
    another attempt of it, that is made after all.
    """
    key = idempotency_key(context.run_id, visit, epoch)
    intent = ActionIntent.objects.select_for_update().filter(pk=key).first()
    if intent is None or intent.state not in (*_OPEN, IntentState.WITHDRAWN):
        return True
    if intent.state == IntentState.WITHDRAWN:
        return not _ask_again(intent)
    if intent.calls or not (intent.state == IntentState.HELD or _forget_unclaimed(key)):
        return False
    ActionIntent.objects.filter(pk=key).update(state=IntentState.WITHDRAWN, settled_at=now())
    return True


def idempotency_key(run_id: UUID, visit: str, epoch: int) -> UUID:
    """Return the key of a call: the same for every automatic attempt, another once a person tries anew."""
    return uuid5(current_tenant().id, f"{run_id}/{visit}/{epoch}")


def release_held(connection_id: UUID) -> int:
    """Put the calls that waited for the connection back into the queue; return how many. Needs a unit of work."""
    held = ActionIntent.objects.select_for_update().filter(
        connection_id=connection_id, state=IntentState.HELD
    )
    ids = list(held.values_list("id", flat=True))
    ActionIntent.objects.filter(pk__in=ids).update(state=IntentState.INTENDED)
    for intent_id in ids:
        enqueue(WorkItemSpec(ACTION_KIND, intent_id))
    return len(ids)


def hold_action(action: PendingAction, item: ClaimedItem) -> bool:
    """Let the call wait until its paused connection is resumed; return False if it was resumed meanwhile."""
    if action.key is None:
        return False
    connection_id = action.key.connection_id
    with unit_of_work(_actor(action)):
        # Locked, so that a resume either sees this call held or has happened already.
        paused = Connection.objects.select_for_update().filter(
            pk=connection_id, status=ConnectionStatus.PAUSED
        )
        if paused.first() is None:
            return False
        ActionIntent.objects.filter(pk=action.id, state=IntentState.INTENDED).update(
            state=IntentState.HELD, connection_id=connection_id
        )
        finish([item])
    return True


def begin_once(action: PendingAction) -> bool:
    """Note, durably, that this attempt is being sent; return False if that was noted before (so it may have been)."""
    begun = ActionIntent.objects.filter(
        pk=action.id, attempt=action.attempt, begun_attempt__lt=action.attempt
    )
    return begun.update(begun_attempt=action.attempt) == 1


def distrust_intended() -> None:
    """Take every call not settled for one that may have been made: what was done is not known. Needs a unit of work."""
    ActionIntent.objects.filter(state__in=_OPEN).update(begun_attempt=F("attempt"))


def confirm_action(action: PendingAction, result: OperationResult, item: ClaimedItem) -> None:
    """Note the success and move the run on, in one transaction that is lost if the item is no longer ours."""
    actor = _actor(action)
    with unit_of_work(actor):
        # The run first: every transaction that touches both locks the run before the intent.
        complete_step(
            run_id=action.run_id,
            visit=action.visit,
            output=result.output,
            actor=actor,
            epoch=action.epoch,
            attempt=action.attempt,
        )
        settle_intent(action, IntentState.CONFIRMED, response=result.response, latency_ms=result.latency_ms)
        finish([item])


def refuse_action(action: PendingAction, error: OperationError, item: ClaimedItem | None) -> None:
    """Note the failure and tell the run, whose step decides between another attempt and an exception."""
    actor = _actor(action)
    unknown = error.ambiguous and not error.retryable
    details = {"slot": action.slot, "operation": action.operation, **error.details}
    step_error = StepError(
        error.code, error.message, error.retryable, error.retry_after, details, error.ambiguous
    )
    with unit_of_work(actor):
        fail_step(
            run_id=action.run_id,
            visit=action.visit,
            error=step_error,
            actor=actor,
            epoch=action.epoch,
            attempt=action.attempt,
        )
        settle_intent(
            action,
            IntentState.UNKNOWN if unknown else IntentState.FAILED,
            request=error.details.get("request", {}),
            response=error.details.get("response", {}),
            error={"code": error.code, "message": error.message, "retryable": error.retryable},
        )
        if unknown:
            data = {"run_id": str(action.run_id), "visit": action.visit, "operation": action.operation}
            emit(DomainEvent(events.ACTION_UNKNOWN, f"run/{action.run_id}", data))
        if item is not None:
            finish([item])


def drop_action(items: Sequence[ClaimedItem]) -> None:
    """Finish items whose calls are no longer intended."""
    with unit_of_work(Actor.system("actions")):
        finish(items)


def _open_ids(run_id: UUID, visit: str) -> list[UUID]:
    return list(
        ActionIntent.objects.filter(run_id=run_id, visit=visit, state__in=_OPEN).values_list("id", flat=True)
    )


def _forget_unclaimed(intent_id: UUID) -> bool:
    """Take the work item back that no worker has ever been given."""
    unclaimed = WorkItem.objects.filter(
        tenant_id=current_tenant().id, ref=intent_id, state=WorkState.READY, attempt=0
    )
    deleted, _by_model = unclaimed.delete()
    return deleted > 0


def _ask_again(intent: ActionIntent) -> bool:
    """Put a call that was called back into the queue if an attempt of it may have been sent; return whether it may."""
    in_hand = WorkItem.objects.filter(tenant_id=current_tenant().id, ref=intent.id)
    if not intent.calls and not in_hand.exists():
        return False
    ActionIntent.objects.filter(pk=intent.id).update(state=IntentState.INTENDED, settled_at=None)
    enqueue(WorkItemSpec(ACTION_KIND, intent.id))
    return True


def _actor(action: PendingAction) -> Actor:
    connection_id = str(action.key.connection_id) if action.key else ""
    return Actor(kind=ActorKind.CONNECTOR, id=connection_id, label=action.slot)
