"""What people do by hand: try again, skip, answer a wait, give work to another, go back. Each leaves who and why."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine import rollback
from apps.workflows.engine.answers import ask_kind
from apps.workflows.engine.commands import AnswerWait, JumpTo, Reassign, RetryStep, SkipStep
from apps.workflows.engine.control import complete, current_visit, open_again
from apps.workflows.engine.definition import Place, Step
from apps.workflows.engine.effects import ReassignWork
from apps.workflows.engine.ending import close_inside
from apps.workflows.engine.history import (
    JUMPED,
    REASSIGNED,
    RUN_HELD,
    STEP_RETRIED,
    WAIT_ANSWERED,
)
from apps.workflows.engine.settling import clear_exception, let_go, settle, withdraw
from apps.workflows.engine.state import DRAINING, EXCEPTION, HANDLING, OPEN, RETRYING, Visit
from apps.workflows.engine.turn import Entry, Turn

Json = dict[str, Any]
CONTAINERS = ("parallel", "choice", "for_each")


def retry(turn: Turn, visit: Visit, command: RetryStep) -> str:
    """Try a visit again."""
    refused = _not_retryable(turn, visit, command)
    if refused:
        return refused
    override = command.input_override
    data: Json = {"epoch": visit.epoch, "actor": command.actor, "reason": command.reason}
    if _keeps_epoch(visit, override):
        data["attempt"] = visit.attempt
        override = visit.work.get("input")
    else:
        data["epoch"] += 1
    if command.input_override is not None:
        data["input"] = override
    settle(turn, visit, keep_due=True)
    if data["epoch"] == visit.epoch:
        withdraw(turn, visit, "retried")
    else:
        let_go(turn, visit, "retried")
    if visit.status == EXCEPTION:
        clear_exception(turn, visit, "retried")
    turn.record(STEP_RETRIED, visit.id, data)
    if visit.is_undo:
        rollback.undo_again(turn, visit, override)
    elif turn.state.pauses:
        turn.holding.append({"open": visit.id, "epoch": visit.epoch, "input": override})
    else:
        open_again(turn, turn.definition.step(visit.step), visit, override)
    return ""


def skip(turn: Turn, visit: Visit, command: SkipStep) -> str:
    """Declare a visit done."""
    if visit.is_undo:
        if visit.status != EXCEPTION:
            return "not_in_exception"
        withdraw(turn, visit, "skipped")
        rollback.undone(turn, visit, command.output, "skipped")
        return ""
    if visit.status == DRAINING:
        return "rolling_back"
    close_inside(turn, visit.step, "skipped", including=False)
    let_go(turn, visit, "skipped")
    data = {"how": "skipped", "actor": command.actor, "reason": command.reason}
    complete(turn, turn.definition.step(visit.step), visit.id, command.output, data)
    return ""


def answer_wait(turn: Turn, visit: Visit, command: AnswerWait) -> str:
    """Take a person's word for the event, or for the time having passed."""
    if visit.status != OPEN or turn.definition.step(visit.step).kind != "wait":
        return "not_waiting"
    awaits = visit.work.get("awaits")
    if awaits is None and command.event is not None:
        return "no_event"
    purposes = [purpose for purpose in visit.timers if purpose != "due"]
    if command.event is None and not purposes:
        return "no_timer"
    told = {"event": command.event, "actor": command.actor, "reason": command.reason}
    turn.record(WAIT_ANSWERED, visit.id, told)
    if awaits is None or command.event is None:
        return ask_kind(turn, visit, "timer_fired", purposes[0])
    event = {
        "id": "",
        "type": awaits["type"],
        "subject": None,
        "time": turn.now.isoformat(),
        "data": command.event,
    }
    return ask_kind(turn, visit, "answered_by_hand", event)


def reassign(turn: Turn, visit: Visit, command: Reassign) -> str:
    """Give a user task or an exception to another."""
    if visit.status == EXCEPTION:
        kind = "exception"
    elif visit.work.get("pending") in ("user_task", "assist"):
        kind = "user_task"
    else:
        return "not_assignable"
    told = {"assignee": command.assignee, "actor": command.actor, "reason": command.reason}
    turn.record(REASSIGNED, visit.id, told)
    turn.effects.append(ReassignWork(visit.id, visit.step, kind, command.assignee))
    return ""


def jump_to(turn: Turn, command: JumpTo) -> str:
    """Close what is open in the step's list from there on, and enter the step again."""
    place = turn.definition.places.get(command.step)
    if place is None:
        return "unknown_step"
    if not turn.state.counts.get(command.step):
        return "not_visited"
    item = _item_to(turn, command.step)
    if item is None:
        return "several_items"
    turn = turn.at(item)
    owner_visit = _open_owner(turn, place)
    if place.owner is not None and owner_visit is None:
        return "branch_not_open"
    siblings = _siblings(turn, place)
    reached = _reached(turn, siblings, owner_visit)
    if reached is None:
        return "branch_not_open"
    if place.index > reached:
        return "not_earlier"
    kept = [entry for entry in turn.state.held if not _belongs(turn, entry, owner_visit, siblings)]
    if len(kept) != len(turn.state.held):
        turn.record(RUN_HELD, None, {"held": kept})
    for sibling in siblings:
        close_inside(turn, sibling.id, "jumped", including=True)
    told = {"to": command.step, "count": turn.state.counts[command.step] + 1}
    turn.record(JUMPED, None, {**told, "actor": command.actor, "reason": command.reason})
    turn.todo.append(Entry(place.step, owner_visit, turn.item))
    return ""


def _not_retryable(turn: Turn, visit: Visit, command: RetryStep) -> str:
    if command.epoch not in (None, visit.epoch):
        return "stale"
    if visit.status == EXCEPTION:
        return ""
    if visit.is_undo or visit.status == DRAINING:
        return "not_in_exception"
    if visit.status == HANDLING or turn.definition.step(visit.step).kind in CONTAINERS:
        return "not_retryable"
    is_called = visit.status == OPEN and visit.work.get("pending") == "action"
    return "under_way" if is_called and command.input_override is not None else ""


def _keeps_epoch(visit: Visit, override: Json | None) -> bool:
    """Whether the same attempt is made once more, under the key it has."""
    if override is not None or visit.status == EXCEPTION:
        return False
    return visit.status == RETRYING or visit.work.get("pending") == "action"


def _item_to(turn: Turn, step: str) -> str | None:
    """The item of a loop in which a step is meant: the only one under way that has come to it; None when unclear."""
    loops = turn.definition.loops_of(step)
    if not loops:
        return ""
    scopes = turn.state.scopes.values()
    found = [
        scope.id
        for scope in scopes
        if turn.state.step_of_loop(scope.id) == loops[0] and scope.counts.get(step)
    ]
    return found[0] if len(found) == 1 else None


def _open_owner(turn: Turn, place: Place) -> str | None:
    """The open visit around a place, if the list the place is in is under way."""
    if place.owner is None or not turn.state.counts.get(place.owner):
        return None
    owner = turn.definition.step(place.owner)
    visit = turn.state.visits.get(current_visit(turn, owner) or "")
    return visit.id if visit is not None and _runs(visit, owner, place.slot) else None


def _runs(visit: Visit, owner: Step, slot: str) -> bool:
    """Whether a nested list of an open visit is the one, or one of those, under way."""
    if "handling" in visit.work:
        return visit.status == HANDLING and bool(visit.work["handling"] == slot)
    if visit.status != OPEN:
        return False
    if owner.kind == "choice":
        return bool(visit.work.get("case") == slot)
    if owner.kind == "parallel" and slot.startswith("branches."):
        return int(slot.partition(".")[2]) not in visit.work.get("ended", [])
    return owner.kind == "for_each" and slot == "steps"


def _siblings(turn: Turn, place: Place) -> tuple[Step, ...]:
    return turn.definition.block(place.owner, place.slot) if place.owner else turn.definition.steps


def _belongs(turn: Turn, entry: Json, owner_visit: str | None, siblings: tuple[Step, ...]) -> bool:
    """Whether something put aside is the way on of this list."""
    if "enter" in entry:
        is_ours = entry["owner"] == owner_visit and entry.get("scope", "") == turn.item
        return is_ours and entry["enter"] in {step.id for step in siblings}
    return "finish" in entry and owner_visit is None


def _reached(turn: Turn, siblings: tuple[Step, ...], owner_visit: str | None) -> int | None:
    """How far the list has come: the index of its open step; None when nothing of it is open."""
    found = None
    open_steps = {visit.step for visit in turn.state.visits.values() if turn.encloses(visit.scope)}
    held = [entry for entry in turn.state.held if _belongs(turn, entry, owner_visit, siblings)]
    for index, step in enumerate(siblings):
        is_open = any(step.id == other or turn.definition.inside(other, step.id) for other in open_steps)
        if is_open or any(entry.get("enter") == step.id for entry in held):
            found = index
    return len(siblings) if any("finish" in entry for entry in held) else found
