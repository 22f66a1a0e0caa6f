"""Make intended calls: outside any transaction, those of a batch at the same time, each settled by itself."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from uuid import UUID

import structlog

from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.outages import is_outage
from apps.dispatch.backoff import next_try
from apps.dispatch.exceptions import FenceLost
from apps.dispatch.services.settle import extend
from apps.dispatch.types import ClaimedItem, Retry
from apps.integrations.choices import ConnectionStatus, IntentState
from apps.integrations.connectors.registry import BoundConnection
from apps.integrations.exceptions import CredentialUnreadable, OperationError
from apps.integrations.selectors.actions import load_actions
from apps.integrations.selectors.connections import bound_connection
from apps.integrations.services import actions as service
from apps.integrations.services.kinds import ACTION_LEASE_SECONDS
from apps.integrations.types import OperationResult, PendingAction

log = structlog.get_logger(__name__)

_SETTLING_SECONDS = 5.0
Answer = OperationResult | OperationError


@dataclass(frozen=True, slots=True)
class _Call:
    item: ClaimedItem
    action: PendingAction
    connection: BoundConnection

    def make(self) -> Answer:
        """Perform the operation; what it raises is the answer."""
        claimed_before = self.item.fence > 1 or self.item.attempt > 1
        begun_before = self.action.begun_attempt >= self.action.attempt
        maybe_sent = claimed_before or begun_before or self.action.attempt > 1 or self.action.epoch > 1
        try:
            return self.connection.execute(
                self.action.operation,
                self.action.input,
                str(self.action.id),
                maybe_sent=maybe_sent,
                timeout=self.action.timeout,
            )
        except OperationError as error:
            return error


def perform_actions(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Make the calls the items refer to and tell the runs what came of them."""
    again: dict[int, Retry] = {}
    actions = load_actions([item.ref for item in items])
    calls: list[_Call] = []
    for item in items:
        action = actions.get(item.ref)
        if action is None or action.state != IntentState.INTENDED:
            _guarded(item, again, partial(service.drop_action, [item]))
        else:
            _guarded(item, again, partial(_prepare, item, action, calls, again))
    for call, answer in _answers(calls):
        _guarded(call.item, again, partial(_settle, call, answer))
    return again


def give_up(intent_id: UUID, error: str) -> None:
    """Tell the run that no worker survives the call; its step becomes an exception for a person."""
    action = load_actions([intent_id]).get(intent_id)
    if action is None or action.state != IntentState.INTENDED:
        return
    message = "The call was begun several times and never came to an end on our side. It may have been done."
    details = {"operation": action.operation, "error": error}
    service.refuse_action(
        action, OperationError("worker_lost", message, ambiguous=True, details=details), None
    )


def _prepare(item: ClaimedItem, action: PendingAction, calls: list[_Call], again: dict[int, Retry]) -> None:
    """Add the call to ``calls`` if it is to be made now; otherwise settle the item."""
    if action.connection_status == ConnectionStatus.PAUSED:
        if not service.hold_action(action, item):
            again[item.id] = Retry(now())
        return
    try:
        connection = _usable_connection(action)
        if connection.sends_once(action.operation) and not service.begin_once(action):
            message = (
                "The call was begun before and its answer was lost. Look in the system before trying again."
            )
            raise OperationError("outcome_unknown", message, ambiguous=True)
    except OperationError as error:
        service.refuse_action(action, error, item)
        return
    if _lease_covers(item, action, connection):
        calls.append(_Call(item, action, connection))


def _usable_connection(action: PendingAction) -> BoundConnection:
    if action.key is None:
        message = f"Nothing is connected to the slot {action.slot!r}. Bind a connection to it, then retry."
        raise OperationError("slot_unbound", message)
    try:
        return bound_connection(action.key)
    except (DomainError, CredentialUnreadable, LookupError) as error:
        message = f"The connection in the slot {action.slot!r} is not usable: {error}"
        raise OperationError("connection_broken", message) from error


def _lease_covers(item: ClaimedItem, action: PendingAction, connection: BoundConnection) -> bool:
    """Extend the lease where the operation may take longer than a usual one; False if it is no longer ours."""
    needed = connection.patience(action.operation, action.timeout) + _SETTLING_SECONDS
    if needed <= ACTION_LEASE_SECONDS:
        return True
    return bool(extend(held={item.id: item.fence}, lease_seconds=int(needed) + 1))


def _answers(calls: Sequence[_Call]) -> Iterator[tuple[_Call, Answer]]:
    """Yield each call with its answer as soon as it is there; a slow system holds up nobody but itself."""
    if len(calls) == 1:
        yield calls[0], calls[0].make()
        return
    futures: dict[Future[Answer], _Call] = {_pool().submit(call.make): call for call in calls}
    for future in as_completed(futures):
        yield futures[future], future.result()


def _settle(call: _Call, answer: Answer) -> None:
    if isinstance(answer, OperationError):
        service.refuse_action(call.action, answer, call.item)
    else:
        service.confirm_action(call.action, answer, call.item)


def _guarded(item: ClaimedItem, again: dict[int, Retry], work: Callable[[], None]) -> None:
    """Do the work of one item; a defect in it is tried again later and touches no other item of the batch."""
    try:
        work()
    except FenceLost:
        log.info("action.fence_lost", ref=str(item.ref))
    except Exception as error:
        log.exception("action.failed", ref=str(item.ref))
        again[item.id] = Retry(next_try(item.attempt), untried=is_outage(error))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=32, thread_name_prefix="call")
