"""Writing down what a visit waits for, and why it failed."""

from __future__ import annotations

from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.effects import StartTimer
from apps.workflows.engine.history import STEP_PROGRESSED, STEP_STARTED
from apps.workflows.engine.results import Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


def begin_waiting(turn: Turn, visit: str, result: Waits) -> None:
    """Note what the visit waits for, start its timers, and ask the shell for its work."""
    timers = {purpose: at.isoformat() for purpose, at in result.timers.items()}
    record_work(turn, visit, {"work": result.work, "timers": timers})
    current = turn.state.visits[visit]
    turn.effects.extend(result.effects)
    turn.effects.extend(
        StartTimer(current.timer_id(purpose), visit, at, purpose) for purpose, at in result.timers.items()
    )


def record_work(turn: Turn, visit: str, data: Json) -> None:
    """Begin a visit with some work, or add to the work of one that is open."""
    data = {key: value for key, value in data.items() if value}
    turn.record(STEP_PROGRESSED if visit in turn.state.visits else STEP_STARTED, visit, data)


def started(turn: Turn, visit: str) -> Visit:
    """The visit; begun if it has not been."""
    if visit not in turn.state.visits:
        turn.record(STEP_STARTED, visit, {})
    return turn.state.visits[visit]


def error_json(error: StepError) -> Json:
    """An error as history keeps it; `ambiguous` only where it is."""
    told: Json = {"ambiguous": True} if error.ambiguous else {}
    return {
        **told,
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        "retry_after": error.retry_after,
        "details": error.details,
    }


def expression_failure(error: ExpressionError | ValueError) -> StepError:
    """The failure of a step whose expressions cannot be evaluated."""
    if isinstance(error, ExpressionError):
        return StepError(
            "expression_error", error.message, details={"expression": error.source, "why": error.code}
        )
    return StepError("expression_error", f"{error}.")
