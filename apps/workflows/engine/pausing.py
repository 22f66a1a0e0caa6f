"""Pausing a run: what would follow is put aside in the state, and taken up in order once nothing holds the run."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.answers import fire
from apps.workflows.engine.commands import Pause, Resume
from apps.workflows.engine.control import open_again, run_todo
from apps.workflows.engine.ending import finish
from apps.workflows.engine.history import RUN_HELD, RUN_PAUSED, RUN_RESUMED
from apps.workflows.engine.plan import Plan
from apps.workflows.engine.retiming import retime
from apps.workflows.engine.settling import is_unopened, withdraw
from apps.workflows.engine.state import RETRYING, RUNNING, Visit
from apps.workflows.engine.turn import Entry, Turn

Json = dict[str, Any]


def pause(turn: Turn, command: Pause) -> str:
    """Hold the run; attempts that wait for their time are called back."""
    if command.source in turn.state.pauses:
        return "already_paused"
    was_paused = bool(turn.state.pauses)
    data = {"source": command.source, "reason": command.reason, "actor": command.actor}
    if command.party:
        data["party"] = command.party
    turn.record(RUN_PAUSED, None, data)
    if not was_paused:
        for visit in turn.state.visits.values():
            if _awaits_attempt(visit):
                withdraw(turn, visit, "paused")
                turn.holding.append({"perform": visit.id})
    return ""


def resume(turn: Turn, command: Resume) -> str:
    """Take one hold away; after the last one go on with what was put aside."""
    if command.source not in turn.state.pauses:
        return "not_paused"
    held = turn.state.held
    data = {"source": command.source, "reason": command.reason, "actor": command.actor}
    turn.record(RUN_RESUMED, None, data)
    if not turn.state.pauses:
        for entry in held:
            if turn.state.status == RUNNING:
                _take_up(turn, entry)
                run_todo(turn)
    return ""


def put_aside(turn: Turn) -> None:
    """Record what this turn has put aside."""
    if turn.holding and turn.state.pauses:
        turn.record(RUN_HELD, None, {"held": [*turn.state.held, *turn.holding]})


def _take_up(turn: Turn, entry: Json) -> None:
    visits = turn.state.visits
    if "enter" in entry:
        step = turn.definition.step(entry["enter"])
        turn.todo.append(Entry(step, entry["owner"], entry.get("scope", "")))
    elif "timer" in entry:
        fire(turn, entry["timer"])
    elif "finish" in entry:
        finish(turn, **entry["finish"])
    elif "perform" in entry:
        visit = visits.get(entry["perform"])
        if visit is not None and _awaits_attempt(visit):
            open_again(turn.of(visit), turn.definition.step(visit.step), visit, visit.work["input"])
    else:
        visit = visits.get(entry["open"])
        if visit is not None and is_unopened(visit) and visit.epoch == entry["epoch"]:
            step = turn.definition.step(visit.step)
            open_again(turn.of(visit), step, visit, entry["input"])
            if entry.get("migrated") and visit.id in visits:
                retime(turn.of(visit), turn.definition, Plan({}), step, visits[visit.id], again=True)


def _awaits_attempt(visit: Visit) -> bool:
    """Whether the visit is an action whose next attempt waits for its time."""
    return visit.status == RETRYING and visit.work.get("pending") == "action"
