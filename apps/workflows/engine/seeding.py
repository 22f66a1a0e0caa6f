"""How a run begins: at its first step, or as the replay of an earlier run from a later one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apps.workflows.engine.commands import Start
from apps.workflows.engine.control import current_visit, start_block
from apps.workflows.engine.definition import Definition, Place
from apps.workflows.engine.effects import StartTimer
from apps.workflows.engine.history import RUN_STARTED, STEP_STARTED, visit_id
from apps.workflows.engine.settling import DEADLINE_TIMER
from apps.workflows.engine.turn import Entry, Turn

Json = dict[str, Any]


def start(turn: Turn, command: Start) -> str:
    """Begin the run. Return why it cannot begin at the step wanted, else ''."""
    path = _path_to(turn.definition, command.at)
    if isinstance(path, str):
        return path
    data = _data(command)
    limit = turn.definition.deadline
    if limit is not None:
        at = turn.now + limit.after
        data["deadline"] = at.isoformat()
        turn.effects.append(StartTimer(DEADLINE_TIMER, "", at, "deadline"))
    turn.record(RUN_STARTED, None, data)
    if not path:
        start_block(turn, None, "steps", turn.definition.steps)
        return ""
    for outer, inner in pairwise(path):
        visit = visit_id(outer.step.id, turn.state.counts.get(outer.step.id, 0) + 1)
        turn.record(STEP_STARTED, visit, {"work": {"case": inner.slot}})
    owner = path[-2].step if len(path) > 1 else None
    turn.todo.append(Entry(path[-1].step, current_visit(turn, owner)))
    return ""


def _data(command: Start) -> Json:
    data: Json = {
        "input": command.input,
        "run": command.run,
        "event": command.event,
        "subject": command.subject,
    }
    if command.seed is not None:
        seed = command.seed
        data["seed"] = {"outputs": seed.outputs, "vars": seed.vars, "counts": seed.counts}
    if command.at is not None:
        data["at"] = command.at
    if command.pauses:
        data["pauses"] = command.pauses
    if command.child:
        data["child"] = True
    return data


def _path_to(definition: Definition, at: str | None) -> list[Place] | str:
    """The places from the top to the step; a refusal when a step around it has more to it than one way."""
    path: list[Place] = []
    while at is not None:
        place = definition.places.get(at)
        if place is None:
            return "unknown_step"
        if path and not (place.step.kind == "choice" and path[0].slot != "on_error"):
            return "inside_block"
        path.insert(0, place)
        at = place.owner
    return path
