"""Leaving a visit tidily: what was asked of the shell for it is withdrawn, exceptions are raised and cleared."""

from __future__ import annotations

from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine.definition import ActionStep, Step
from apps.workflows.engine.effects import ClearException, CloseWork, RaiseException, StopAwaiting, StopTimer
from apps.workflows.engine.history import EXCEPTION_CLEARED, EXCEPTION_RAISED, LATE_OUTCOME, STEP_CLOSED
from apps.workflows.engine.late import await_outcome, undo_entry
from apps.workflows.engine.state import EXCEPTION, OPEN, Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
DEADLINE_TIMER = "/deadline"
"""The timer of the run itself: it belongs to no visit."""


def settle(turn: Turn, visit: Visit, *, keep_due: bool) -> None:
    """Stop the visit's timers and its waiting for events; the due date stays while the visit stays open."""
    for purpose in visit.timers:
        if not (keep_due and purpose == "due"):
            turn.effects.append(StopTimer(visit.timer_id(purpose), visit.id))
    if "awaits" in visit.work:
        turn.effects.append(StopAwaiting(visit.id))


def is_unopened(visit: Visit) -> bool:
    """Whether the visit stands open without having asked for anything yet."""
    return visit.status == OPEN and "pending" not in visit.work and "awaits" not in visit.work


def close_visit(turn: Turn, visit: Visit, reason: str, *, for_good: bool = False) -> None:
    """End a visit from outside: its work is withdrawn, its exception cleared.

    `for_good` is said where no roll-back can follow.
    """
    settle(turn, visit, keep_due=False)
    if for_good:
        withdraw(turn, visit, reason)
    else:
        let_go(turn, visit, reason)
    if visit.status == EXCEPTION:
        clear_exception(turn, visit, "closed")
    turn.record(STEP_CLOSED, visit.id, {"reason": reason})


def withdraw(turn: Turn, visit: Visit, reason: str, *, drain: bool = False) -> None:
    """Ask the shell to take back what it was asked to do."""
    pending = visit.work.get("pending")
    if pending:
        turn.effects.append(CloseWork(visit.id, visit.step, pending, reason, drain, visit.epoch))


def let_go(turn: Turn, visit: Visit, reason: str) -> None:
    """Withdraw what the visit asked for; what may have been done all the same stays known to a roll-back."""
    pending = visit.work.get("pending")
    place = turn.definition.places.get(visit.step)
    step = place.step if place else None
    if pending == "subflow":
        withdraw(turn, visit, reason, drain=True)
        turn.record(LATE_OUTCOME, visit.id, {"epoch": visit.epoch, "undo": child_undo(visit)})
    elif pending == "action" and isinstance(step, ActionStep) and step.compensate is not None:
        withdraw(turn, visit, reason, drain=True)
        await_outcome(turn, visit, step, step.compensate)
    else:
        withdraw(turn, visit, reason)


def child_undo(visit: Visit) -> Json:
    """What a roll-back needs to know of the child run that a visit of a subflow started."""
    return {**undo_entry(visit), "subflow": True}


def raise_exception(turn: Turn, step: Step, visit: Visit, code: str, message: str, output: Json) -> None:
    """Hand the visit to a person."""
    if visit.status != EXCEPTION:
        settle(turn, visit, keep_due=True)
    owner = _owner(turn, step)
    details = {**output, **_last_error(turn, visit)}
    turn.record(
        EXCEPTION_RAISED, visit.id, {"code": code, "message": message, "owner": owner, "details": details}
    )
    turn.effects.append(
        RaiseException(
            visit=visit.id,
            step=step.id,
            name=step.name,
            code=code,
            message=message,
            owner=owner,
            details=details,
            payload=visit.work.get("input"),
            audience=step.audience,
            epoch=visit.epoch,
            attempt=visit.attempt,
        )
    )


def stop_deadline(turn: Turn) -> None:
    """The run's deadline does not count any more."""
    if turn.state.deadline:
        turn.effects.append(StopTimer(DEADLINE_TIMER, ""))


def clear_exception(turn: Turn, visit: Visit, how: str) -> None:
    """The exception of the visit is over."""
    turn.record(EXCEPTION_CLEARED, visit.id, {"how": how})
    turn.effects.append(ClearException(visit.id, how))


def _owner(turn: Turn, step: Step) -> Json | None:
    try:
        owner = turn.resolve(step.owner)
    except ExpressionError:
        return None
    if isinstance(owner, str):
        return {"role": owner}
    return owner if isinstance(owner, dict) else None


def _last_error(turn: Turn, visit: Visit) -> Json:
    for event in reversed(turn.events):
        if event.visit == visit.id and event.kind == "step_failed":
            return {"error": event.data["error"]}
    return {}
