"""Ending things: a visit without going on after it, everything inside a step, the whole run."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.effects import CloseWork, RunFinished
from apps.workflows.engine.history import RUN_FINISHED, STEP_COMPLETED
from apps.workflows.engine.settling import close_visit, settle, stop_deadline
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


def come_to_end(turn: Turn, outcome: str, output: Json, reason: str = "") -> None:
    """The steps have led to an end: finish, or while paused put that aside."""
    if turn.state.pauses:
        turn.holding.append({"finish": {"outcome": outcome, "output": output, "reason": reason}})
    else:
        finish(turn, outcome, output, reason)


def finish(
    turn: Turn,
    outcome: str,
    output: Json,
    reason: str = "",
    actor: Json | None = None,
    *,
    undoable: bool = False,
) -> None:
    """End the run; everything still open is closed. What a child has done may still be undone, unless it was stopped."""
    is_stopped = outcome in ("cancelled", "rolled_back")
    closing = outcome if is_stopped else "end"
    undoable = undoable or (bool(turn.state.start.get("child")) and not is_stopped)
    for visit in reversed(list(turn.state.visits.values())):
        close_visit(turn, visit, closing, for_good=not undoable)
    for late in () if undoable else turn.state.late.values():
        turn.effects.append(CloseWork(late.visit, late.step, "action", closing, epoch=late.epoch))
    stop_deadline(turn)
    data = {"outcome": outcome, "output": output, "reason": reason, "actor": actor}
    turn.record(RUN_FINISHED, None, {**data, "undoable": True} if undoable else data)
    had_deadline = turn.definition.deadline is not None
    turn.effects.append(RunFinished(outcome, output, reason, had_deadline))


def complete_quietly(turn: Turn, visit: Visit, output: Json, how: str) -> None:
    """Close a visit with an output without going on after the step."""
    settle(turn, visit, keep_due=False)
    turn.record(STEP_COMPLETED, visit.id, {"output": output, "how": how})


def close_inside(turn: Turn, owner: str, reason: str, *, including: bool) -> None:
    """Close every open visit inside a step's nested lists, innermost first, and its own if `including`.

    Of a step inside a loop only what belongs to the item the turn is seen from.
    """
    for visit in reversed(list(turn.state.visits.values())):
        is_meant = turn.definition.inside(visit.step, owner) or (including and visit.step == owner)
        if is_meant and turn.encloses(visit.scope):
            close_visit(turn, visit, reason)
