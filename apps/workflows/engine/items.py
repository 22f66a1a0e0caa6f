"""The items of a loop: which one is next, what each has left, and what the loop puts out."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import EXCEPTION
from apps.workflows.engine.history import ITEM_STARTED
from apps.workflows.engine.settling import close_visit
from apps.workflows.engine.state import Visit
from apps.workflows.engine.step_types import ForEachStep
from apps.workflows.engine.turn import Entry, Turn

Json = dict[str, Any]


def start_items(turn: Turn, step: ForEachStep, visit: Visit) -> bool:
    """Begin as many items as may run at the same time. Return whether any is under way."""
    under_way = sum(scope.loop == visit.id and not scope.has_ended for scope in turn.state.scopes.values())
    for index in range(len(visit.work["items"])):
        if under_way >= step.width:
            break
        scope = f"{visit.id}/{index}"
        if str(index) not in visit.work.get("results", {}) and scope not in turn.state.scopes:
            turn.record(ITEM_STARTED, visit.id, {"index": index})
            turn.todo.append(Entry(step.steps[0], visit.id, scope))
            under_way += 1
    return under_way > 0


def item_output(turn: Turn, step: ForEachStep) -> Any:
    """What the item this turn is seen from leaves. May raise ExpressionError."""
    if step.output is not None:
        return turn.resolve(step.output)
    return turn.state.scopes[turn.item].outputs


def loop_output(visit: Visit) -> Json:
    """What the loop puts out: the items' outputs in the order of the list, and which items failed."""
    results = visit.work.get("results", {})
    ordered = [results[str(index)] for index in range(len(visit.work["items"]))]
    failed = [index for index, result in enumerate(ordered) if _has_failed(result)]
    return {"items": ordered, "count": len(ordered), "failed": failed}


def close_item(turn: Turn, reason: str) -> None:
    """Close everything that is open of the item this turn is seen from."""
    for visit in reversed(list(turn.state.visits.values())):
        if visit.scope and turn.encloses(visit.scope):
            close_visit(turn, visit, reason)


def item_around(turn: Turn, step: str) -> Turn:
    """The turn as seen from the item of a loop that a step around this place belongs to."""
    loops = turn.definition.loops_of(step)
    while turn.item:
        scope = turn.state.scopes[turn.item]
        if turn.state.step_of_loop(turn.item) in loops:
            break
        turn = turn.at(scope.parent)
    return turn


def ends_item(turn: Turn) -> bool:
    """Whether what would stop for a person ends the item of the loop instead."""
    if not turn.item:
        return False
    loop = turn.definition.step(turn.state.step_of_loop(turn.item))
    return isinstance(loop, ForEachStep) and loop.on_item_error != EXCEPTION


def _has_failed(result: Any) -> bool:
    return isinstance(result, dict) and result.keys() == {"error"}
