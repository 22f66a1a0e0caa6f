"""Rolling back: completed actions are compensated and child runs rolled back, one after another, the last one first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.workflows.engine.commands import CompleteStep, FailStep, StepError
from apps.workflows.engine.definition import ActionStep, Retry, Step
from apps.workflows.engine.effects import Compensate, Effect, RollBackChild
from apps.workflows.engine.ending import complete_quietly, finish
from apps.workflows.engine.history import (
    ROLLBACK_STARTED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_FAILED,
    STEP_PROGRESSED,
    STEP_STARTED,
    undo_id,
)
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.late import note_outcome, note_unknown
from apps.workflows.engine.recording import error_json
from apps.workflows.engine.results import Done
from apps.workflows.engine.retry import next_attempt
from apps.workflows.engine.settling import (
    clear_exception,
    close_visit,
    raise_exception,
    settle,
    stop_deadline,
    withdraw,
)
from apps.workflows.engine.state import EXCEPTION, ROLLING_BACK, Late, Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


def begin(turn: Turn, reason: str, actor: Json | None, *, by_parent: bool = False) -> None:
    """Close what is open, wait for actions under way and for open child runs to be rolled back, then undo."""
    for visit in reversed(list(turn.state.visits.values())):
        pending = visit.work.get("pending")
        if pending == "action":
            settle(turn, visit, keep_due=False)
            withdraw(turn, visit, "rolled_back", drain=True)
        elif pending == "subflow":
            settle(turn, visit, keep_due=False)
            turn.effects.append(_roll_back_child(turn.step_of(visit), visit, visit.id, visit.epoch))
        else:
            close_visit(turn, visit, "rolled_back", for_good=True)
    stop_deadline(turn)
    data: Json = {"reason": reason, "actor": actor}
    turn.record(ROLLBACK_STARTED, None, {**data, "by_parent": True} if by_parent else data)
    go_on(turn)


def go_on(turn: Turn) -> None:
    """Undo the next action when nothing is in the way; finish when nothing is left."""
    turn = turn.at("")
    if turn.state.visits or turn.state.late:
        return
    if not turn.state.undo:
        finish(turn, "rolled_back", {})
        return
    undo = turn.state.undo[-1]
    visit = undo_id(undo["visit"], undo.get("epoch", 1))
    work = {**undo, "pending": "compensation"}
    turn.record(STEP_STARTED, visit, {"work": work})
    current = turn.state.visits[visit]
    step = turn.step_of(current)
    if "error" in undo:
        raise_exception(turn, step, current, undo.get("code", "expression_error"), undo["error"], {})
    else:
        turn.effects.append(_undo(step, current, None))


def told_late(turn: Turn, late: Late, command: CompleteStep | FailStep) -> str:
    """The outcome of an action nobody else waits for is known; return why the answer does not apply, else ''."""
    refused = note_outcome(turn, late, command)
    if not refused and turn.state.status == ROLLING_BACK:
        go_on(turn)
    return refused


def drained(turn: Turn, visit: Visit, output: Json) -> None:
    """An action under way turned out to have happened: it is undone with the others."""
    step = turn.step_of(visit)
    result = KINDS[step.kind].completed(turn, step, visit, output)
    undo = result.undo if isinstance(result, Done) else None
    data: Json = {"output": output, "how": "completed"}
    turn.record(STEP_COMPLETED, visit.id, {**data, "undo": undo} if undo else data)
    go_on(turn)


def withdrawn(turn: Turn, visit: Visit, error: StepError) -> None:
    """An action under way did not happen, or nobody knows whether it did."""
    step = turn.step_of(visit)
    if error.ambiguous and isinstance(step, ActionStep):
        note_unknown(turn, visit, step, error)
    turn.record(STEP_CLOSED, visit.id, {"reason": "rolled_back"})
    go_on(turn)


def undone(turn: Turn, visit: Visit, output: Json, how: str = "completed") -> None:
    """A compensation is done, or a person says it need not be."""
    if visit.status == EXCEPTION:
        clear_exception(turn, visit, how)
    complete_quietly(turn, visit, output, how)
    go_on(turn)


def undo_failed(turn: Turn, visit: Visit, error: StepError) -> None:
    """Try a compensation again while attempts are left, then hand it to a person."""
    step = turn.step_of(visit)
    seed = f"{turn.state.start['run'].get('id')}/{visit.id}/{visit.epoch}"
    retry_at = next_attempt(step, error, visit.attempt, turn.now, seed, retries_by_default=True)
    moment = retry_at.isoformat() if retry_at else None
    failed = {"error": error_json(error), "attempt": visit.attempt, "retry_at": moment, "timer": False}
    turn.record(STEP_FAILED, visit.id, failed)
    if retry_at is None:
        raise_exception(turn, step, visit, error.code, error.message, {})
    else:
        turn.effects.append(_undo(step, visit, retry_at))


def undo_again(turn: Turn, visit: Visit, override: Json | None) -> None:
    """A person has a compensation tried once more."""
    step = turn.step_of(visit)
    work: Json = {"pending": "compensation"}
    if override is not None:
        work["input"] = override
    turn.record(STEP_PROGRESSED, visit.id, {"work": work})
    turn.effects.append(_undo(step, visit, None))


def _undo(step: Step, visit: Visit, run_at: datetime | None) -> Effect:
    """What is asked of the shell to undo what `visit` undoes."""
    if visit.work.get("subflow"):
        return _roll_back_child(step, visit, visit.work["visit"], visit.work.get("epoch", 1))
    return _compensate(step, visit, run_at)


def _roll_back_child(step: Step, visit: Visit, child_visit: str, child_epoch: int) -> RollBackChild:
    return RollBackChild(
        visit=visit.id,
        child_visit=child_visit,
        child_epoch=child_epoch,
        step=step.id,
        name=step.name,
        epoch=visit.epoch,
        attempt=visit.attempt,
    )


def _compensate(step: Step, visit: Visit, run_at: datetime | None) -> Compensate:
    retry = step.retry if isinstance(step, ActionStep) and step.retry else Retry()
    return Compensate(
        visit=visit.id,
        undoes=visit.work["visit"],
        step=step.id,
        name=step.name,
        connection=visit.work["connection"],
        operation=visit.work["operation"],
        input=visit.work["input"],
        epoch=visit.epoch,
        attempt=visit.attempt,
        idempotency=f"{visit.id}/{visit.epoch}",
        run_at=run_at,
        timeout=step.timeout if isinstance(step, ActionStep) else None,
        last_attempt=visit.attempt >= retry.max,
    )
