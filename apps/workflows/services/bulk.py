"""Bulk operations: prepare, start, suspend, resume, cancel. What is done to each target is in ``bulk_work``."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.bulk import BulkCommand, find_bulk_command, list_bulk_commands
from apps.workflows.choices import BulkItemState, BulkStatus
from apps.workflows.filtering import read_filter
from apps.workflows.models import BulkItem, BulkOperation
from apps.workflows.selectors.bulk import count_found
from apps.workflows.services.bulk_work import check_all, collect, sizes
from apps.workflows.services.kinds import BULK_KIND
from apps.workflows.services.runs import require_reason

MAX_TARGETS = 20_000
"""More than this in one operation is refused: nobody reads such a preview."""
START_AT_ONCE = "at_once"
"""Parameter of commands that allow it: start as soon as every target has been looked at, without waiting for a person."""
AT_ONCE = 100
"""So many targets are looked at while the person waits; more are looked at by a worker."""


def prepare_bulk(
    *,
    command: str,
    filter: dict[str, Any],
    actor: Actor,
    reason: str = "",
    parameters: dict[str, Any] | None = None,
) -> BulkOperation:
    """Find the targets and look at each without changing any: the preview. Nothing is done before ``start_bulk``.

    Raises Invalid (unknown command, filter, parameters, no reason, nothing or too much found) and Forbidden.
    """
    known = _known(command)
    if known.needs_reason:
        require_reason(reason)
    with unit_of_work(actor, reason=reason):
        policies.require(actor, known.action)
        operation = BulkOperation(
            command=known.key,
            about=known.about,
            filter=read_filter(known.about, filter),
            parameters=known.check(parameters or {}),
            reason=reason.strip(),
            actor=actor.to_json(),
        )
        operation.total = _size(operation)
        operation.save(force_insert=True)
        shown = {"command": command, "filter": operation.filter, "total": operation.total}
        record("bulk_operation.prepare", operation, after={"status": operation.status, **shown})
        if operation.total <= AT_ONCE:
            collect(operation)
            check_all(operation, actor)
            transition(operation, "preview", fields=sizes(operation))
        else:
            ask_for_work(operation.id)
        return operation


def start_bulk(*, operation_id: UUID, actor: Actor) -> BulkOperation:
    """Do what the preview showed, as the actor. Raises NotFound, Forbidden, Conflict (``bulk_not_ready``)."""
    with unit_of_work(actor):
        operation = _locked(operation_id, actor)
        _require_status(operation, BulkStatus.PREVIEWED)
        fields = {"actor": actor.to_json(), "started_at": now()}
        told = DomainEvent(events.BULK_STARTED, f"bulk_operation/{operation.id}", bulk_data(operation))
        transition(operation, "start", fields=fields, reason=operation.reason, event=told)
        ask_for_work(operation.id)
        return operation


def suspend_bulk(*, operation_id: UUID, actor: Actor, reason: str = "") -> BulkOperation:
    """Do nothing more until it is resumed; what is being done this moment is finished."""
    with unit_of_work(actor, reason=reason):
        operation = _locked(operation_id, actor)
        _require_status(operation, BulkStatus.RUNNING)
        transition(operation, "suspend", fields={"halted": ""})
        return operation


def resume_bulk(*, operation_id: UUID, actor: Actor, reason: str = "") -> BulkOperation:
    """Go on with what is left, from now on as the actor."""
    with unit_of_work(actor, reason=reason):
        operation = _locked(operation_id, actor)
        _require_status(operation, BulkStatus.SUSPENDED)
        transition(operation, "resume", fields={"halted": "", "actor": actor.to_json()})
        ask_for_work(operation.id)
        return operation


def cancel_bulk(*, operation_id: UUID, actor: Actor, reason: str = "") -> BulkOperation:
    """Leave alone what is not done yet; what is done stays done."""
    with unit_of_work(actor, reason=reason):
        operation = _locked(operation_id, actor)
        if operation.status in (BulkStatus.FINISHED, BulkStatus.CANCELLED):
            _require_status(operation, BulkStatus.RUNNING)
        waiting = (BulkItemState.UNCHECKED, BulkItemState.PENDING)
        left = BulkItem.objects.filter(operation_id=operation.id, state__in=waiting)
        left.update(state=BulkItemState.LEFT, why="The operation was cancelled before it came to this one.")
        transition(operation, "cancel", fields={"finished_at": now(), **sizes(operation)})
        return operation


def ask_for_work(operation_id: UUID) -> None:
    """Have a worker go on with the operation; asking twice is asking once."""
    enqueue(WorkItemSpec(BULK_KIND, operation_id, dedupe=f"bulk:{operation_id}"))


def bulk_data(operation: BulkOperation) -> dict[str, Any]:
    """Return what events tell of a bulk operation."""
    return {
        "bulk_operation_id": str(operation.id),
        "command": operation.command,
        "about": operation.about,
        "total": operation.total,
        "reason": operation.reason,
    }


def _known(command: str) -> BulkCommand:
    known = find_bulk_command(command)
    if known is None:
        keys = ", ".join(one.key for one in list_bulk_commands())
        problem = Problem("/command", f"There is no bulk command {command!r}.", "unknown", f"Use {keys}.")
        raise Invalid("unknown_command", "The command is not known.", [problem])
    return known


def _size(operation: BulkOperation) -> int:
    found = count_found(operation)
    if found == 0:
        problem = Problem("/filter", "Nothing fits the filter.", "nothing_found", "Widen the filter.")
        raise Invalid("nothing_found", "Nothing fits the filter, so there is nothing to do.", [problem])
    if found > MAX_TARGETS:
        message = f"The filter finds {found}; one operation takes at most {MAX_TARGETS}."
        raise Invalid("too_many", message, [Problem("/filter", message, "too_many", "Narrow the filter.")])
    return found


def _locked(operation_id: UUID, actor: Actor) -> BulkOperation:
    operation = BulkOperation.objects.select_for_update().filter(pk=operation_id).first()
    if operation is None:
        raise NotFound("not_found", "There is no such bulk operation.")
    policies.require(actor, _known(operation.command).action)
    return operation


def _require_status(operation: BulkOperation, wanted: BulkStatus) -> None:
    if operation.status != wanted:
        now_is = str(operation.get_status_display()).lower()
        raise Conflict("bulk_not_ready", f"The operation does not allow this now: it is {now_is}.")
