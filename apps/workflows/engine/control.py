"""Control flow: what follows when a step is entered, done, failed or closed. Common to all step kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import CONTINUE, END, ActionStep, Reaction, ReturnTo, Step
from apps.workflows.engine.definition import EXCEPTION as TO_A_PERSON
from apps.workflows.engine.effects import StartTimer
from apps.workflows.engine.ending import close_inside, come_to_end, complete_quietly, finish
from apps.workflows.engine.error_rules import rule_for
from apps.workflows.engine.history import (
    ITEM_ENDED,
    RETURNED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_FAILED,
    STEP_HANDLING,
    STEP_PROGRESSED,
    STEP_SKIPPED,
    VARIABLES_SET,
    visit_id,
)
from apps.workflows.engine.items import (
    close_item,
    ends_item,
    item_around,
    item_output,
    loop_output,
    start_items,
)
from apps.workflows.engine.kinds.action import perform
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.late import note_unknown
from apps.workflows.engine.recording import (
    begin_waiting,
    error_json,
    expression_failure,
    record_work,
    started,
)
from apps.workflows.engine.results import (
    Done,
    Ends,
    Fails,
    Ignored,
    Iterates,
    Opening,
    Reacts,
    Result,
    Runs,
    Waits,
)
from apps.workflows.engine.retry import next_attempt
from apps.workflows.engine.settling import (
    clear_exception,
    let_go,
    raise_exception,
    settle,
)
from apps.workflows.engine.state import EXCEPTION, OPEN, RUNNING, Visit
from apps.workflows.engine.step_types import ForEachStep
from apps.workflows.engine.turn import Entry, Turn

Json = dict[str, Any]


def run_todo(turn: Turn) -> None:
    """Enter everything that waits to be entered, until only waiting visits are left; while paused, put it aside."""
    while turn.todo:
        entry = turn.todo.popleft()
        if not _applies(turn, entry):
            continue
        if turn.state.pauses:
            held = {"enter": entry.step.id, "owner": entry.owner}
            turn.holding.append({**held, "scope": entry.item} if entry.item else held)
        else:
            _enter(turn.at(entry.item), entry.step)


def start_block(turn: Turn, owner: Step | None, slot: str, steps: tuple[Step, ...]) -> None:
    """Begin a list of steps; an empty one ends at once."""
    if steps:
        turn.todo.append(Entry(steps[0], current_visit(turn, owner), turn.item))
    elif owner is None:
        come_to_end(turn, "completed", {})
    else:
        _block_ended(turn, owner, slot)


def apply_result(turn: Turn, step: Step, visit: str, result: Result) -> str:
    """Turn a kind's answer into events and effects. Return the reason when the command does not apply, else ''."""
    match result:
        case Done():
            _done(turn, step, visit, result)
        case Waits():
            begin_waiting(turn, visit, result)
        case Runs():
            record_work(turn, visit, {"work": result.work})
            for slot in result.slots:
                if visit in turn.state.visits:
                    start_block(turn, step, slot, turn.definition.block(step.id, slot))
        case Iterates():
            _iterates(turn, step, visit, result)
        case Reacts():
            _reacts(turn, step, visit, result)
        case Fails():
            fail(turn, step, visit, result.error)
        case Ends():
            output = {"outcome": result.outcome, **result.output}
            turn.record(STEP_COMPLETED, visit, {"output": output, "how": "completed"})
            finish(turn, result.outcome, result.output)
        case Ignored():
            return result.reason
    return ""


def open_again(turn: Turn, step: Step, visit: Visit, override: Json | None = None) -> None:
    """Do what the step does once more, in the visit's present epoch and attempt."""
    opening = Opening(visit.id, visit.epoch, visit.attempt, visit.due_at(), override)
    if "blocked" in visit.work:
        turn.record(STEP_PROGRESSED, visit.id, {"work": {"blocked": None}})
        _begin(turn, step, opening)
        return
    result = _opened(turn, step, opening)
    apply_result(turn, step, visit.id, result)
    if step.limit and not isinstance(result, Fails) and _lacks_limit(turn, visit):
        begin_waiting(turn, visit.id, Waits({}, timers={"timeout": turn.moment(step.limit.after, step)}))


def timed_out(turn: Turn, step: Step, visit: Visit) -> None:
    """The whole step was not done in time: what is open of it is withdrawn, and its `timeout` says what follows."""
    close_inside(turn, step.id, "timed_out", including=False)
    let_go(turn, visit, "timed_out")
    reaction = step.limit.then if step.limit else TO_A_PERSON
    result = Reacts(reaction, "timeout", {"timed_out": True}, "timed_out", "It was not done in time.")
    _react(turn, step, visit, reaction, result)


def _lacks_limit(turn: Turn, visit: Visit) -> bool:
    """Whether a visit that was stopped for a person is open again without its limit."""
    current = turn.state.visits.get(visit.id)
    return current is not None and current.status == OPEN and "timeout" not in current.timers


def complete(turn: Turn, step: Step, visit: str, output: Json, data: Json) -> None:
    """Close a visit with an output and go on after the step. `data` says how, and by whom."""
    current = turn.state.visits.get(visit)
    if current is not None:
        if current.status == EXCEPTION:
            clear_exception(turn, current, "skipped" if data["how"] == "skipped" else "rechecked")
        settle(turn, current, keep_due=False)
    turn.record(STEP_COMPLETED, visit, {"output": output, **data})
    _advance(turn, step)


def fail(turn: Turn, step: Step, visit: str, error: StepError) -> None:
    """A visit failed: try again by its policy, else do what `on_error` says."""
    current = started(turn, visit)
    if current.status == EXCEPTION:
        record_work(turn, visit, {"work": {"pending": None}})
        return
    by_default = KINDS[step.kind].retries_by_default
    seed = f"{turn.state.start['run'].get('id')}/{visit}/{current.epoch}"
    retry_at = next_attempt(step, error, current.attempt, turn.now, seed, retries_by_default=by_default)
    is_action = step.kind == "action" and "input" in current.work and not turn.state.pauses
    turn.record(
        STEP_FAILED,
        visit,
        {
            "error": error_json(error),
            "attempt": current.attempt,
            "retry_at": retry_at.isoformat() if retry_at else None,
            "timer": not is_action,
        },
    )
    if retry_at is None:
        if error.ambiguous and isinstance(step, ActionStep):
            note_unknown(turn, current, step, error)
        output = {"error": {"code": error.code, "message": error.message}}
        found = rule_for(step, error)
        slot, reaction = (found[0], found[1].then) if found else ("on_error", step.on_error)
        _react(turn, step, current, reaction, Reacts(reaction, slot, output, error.code, error.message))
    elif is_action:
        opening = Opening(visit, current.epoch, current.attempt)
        turn.effects.append(perform(step, opening, current.work["input"], retry_at))  # type: ignore[arg-type]
    else:
        turn.effects.append(StartTimer(current.timer_id("retry"), visit, retry_at, "retry"))


def _enter(turn: Turn, step: Step) -> None:
    visit = visit_id(step.id, turn.state.counts.get(step.id, 0) + 1)
    effort = turn.effort
    effort.entered += 1
    if effort.entered > effort.allowed:
        message = f"More than {effort.allowed} steps followed without a pause."
        fail(turn, step, visit, StepError("endless", message))
        return
    _begin(turn, step, Opening(visit))


def _begin(turn: Turn, step: Step, opening: Opening) -> None:
    visit = opening.visit
    try:
        if step.when is not None and not turn.holds(step.when):
            turn.record(STEP_SKIPPED, visit, {"reason": "when"})
            _advance(turn, step)
            return
        due_at = turn.moment(step.due, step) if step.due else None
        ends = {"timeout": turn.moment(step.limit.after)} if step.limit else {}
    except (ExpressionError, ValueError) as error:
        record_work(turn, visit, {"work": {"blocked": True}})
        fail(turn, step, visit, expression_failure(error))
        return
    timers = {**ends, "due": due_at} if due_at else ends
    result = _opened(turn, step, replace(opening, due_at=due_at))
    if timers and isinstance(result, Waits):
        result = replace(result, timers={**result.timers, **timers})
    elif timers and not isinstance(result, Done | Ends):
        begin_waiting(turn, visit, Waits({}, timers=timers))
    apply_result(turn, step, visit, result)


def _opened(turn: Turn, step: Step, opening: Opening) -> Result:
    try:
        return KINDS[step.kind].open(turn, step, opening)
    except (ExpressionError, ValueError) as error:
        return Fails(expression_failure(error))


def _done(turn: Turn, step: Step, visit: str, result: Done) -> None:
    if result.variables:
        turn.record(VARIABLES_SET, visit, {"values": result.variables})
    data: Json = {"how": "completed"}
    if result.undo:
        data["undo"] = result.undo
    complete(turn, step, visit, result.output, data)


def _reacts(turn: Turn, step: Step, visit: str, result: Reacts) -> None:
    if result.reaction == CONTINUE and visit not in turn.state.visits:
        complete(turn, step, visit, result.output, {"how": "continued"})
        return
    current = started(turn, visit)
    was_waiting = "awaits" in current.work
    _react(turn, step, current, result.reaction, result)
    if result.recheck and not was_waiting and current.id in turn.state.visits and current.status == EXCEPTION:
        begin_waiting(turn, visit, result.recheck)


def _react(turn: Turn, step: Step, visit: Visit, reaction: Reaction, result: Reacts) -> None:
    if reaction == CONTINUE or reaction == ():
        complete(turn, step, visit.id, result.output, {"how": "continued"})
    elif reaction == END:
        complete_quietly(turn, visit, result.output, "continued")
        come_to_end(turn, result.code, result.output, result.message)
    elif isinstance(reaction, tuple):
        settle(turn, visit, keep_due=True)
        turn.record(STEP_HANDLING, visit.id, {"slot": result.slot, "output": result.output})
        start_block(turn, step, result.slot, reaction)
    elif isinstance(reaction, ReturnTo):
        _rework(turn, step, visit, reaction, result)
    elif ends_item(turn):
        _item_failed(turn, visit, StepError(result.code, result.message))
    else:
        raise_exception(turn, step, visit, result.code, result.message, result.output)


def _rework(turn: Turn, step: Step, visit: Visit, target: ReturnTo, result: Reacts) -> None:
    aim = turn.definition.places[target.step]
    outer = item_around(turn, target.step)
    counts = outer.state.scopes[outer.item].counts if outer.item else turn.state.counts
    count = counts.get(target.step, 0)
    if count >= target.limit:
        message = f"'{target.step}' was already visited {count} times. {result.message}"
        if ends_item(turn):
            _item_failed(turn, visit, StepError("rework_limit", message))
        else:
            raise_exception(turn, step, visit, "rework_limit", message, result.output)
        return
    complete_quietly(turn, visit, result.output, "returned")
    turn.record(RETURNED, visit.id, {"to": target.step, "count": count + 1})
    place = turn.definition.places[step.id]
    while (place.owner, place.slot) != (aim.owner, aim.slot) and place.owner is not None:
        place = turn.definition.places[place.owner]
    close_inside(outer, place.step.id, "rework", including=True)
    owner = turn.definition.step(aim.owner) if aim.owner else None
    turn.todo.append(Entry(aim.step, current_visit(outer, owner), outer.item))


def _iterates(turn: Turn, step: Step, visit: str, result: Iterates) -> None:
    if result.items is not None:
        record_work(turn, visit, {"work": {"items": list(result.items)}})
        inside = sum(step.id in turn.definition.loops_of(name) for name in turn.definition.places)
        turn.effort.allowed += len(result.items) * inside
    _next_items(turn, step, turn.state.visits[visit])


def _next_items(turn: Turn, step: Step, visit: Visit) -> None:
    if isinstance(step, ForEachStep) and not start_items(turn, step, visit):
        complete(turn, step, visit.id, loop_output(visit), {"how": "completed"})


def _item_ended(turn: Turn, loop: ForEachStep) -> None:
    scope = turn.state.scopes[turn.item]
    visit = turn.state.visits[scope.loop]
    try:
        output = item_output(turn, loop)
    except ExpressionError as error:
        _item_failed(turn, None, expression_failure(error))
        return
    turn.record(ITEM_ENDED, visit.id, {"index": scope.index, "output": output})
    _next_items(turn.of(visit), loop, visit)


def _item_failed(turn: Turn, visit: Visit | None, error: StepError) -> None:
    """An item failed: go on with the others, or let the loop fail."""
    scope = turn.state.scopes[turn.item]
    loop_visit = turn.state.visits[scope.loop]
    loop = turn.definition.step(loop_visit.step)
    if visit is not None:
        settle(turn, visit, keep_due=False)
        turn.record(STEP_CLOSED, visit.id, {"reason": "item_failed"})
    close_item(turn, "item_failed")
    outer = turn.of(loop_visit)
    if isinstance(loop, ForEachStep) and loop.on_item_error == CONTINUE:
        told = {"code": error.code, "message": error.message}
        turn.record(ITEM_ENDED, loop_visit.id, {"index": scope.index, "error": told})
        _next_items(outer, loop, loop_visit)
        return
    close_inside(outer, loop.id, "item_failed", including=False)
    message = f"Item {scope.index + 1} failed: {error.message}"
    fail(outer, loop, loop_visit.id, StepError(error.code, message, details={"item": scope.index}))


def _advance(turn: Turn, step: Step) -> None:
    if turn.state.status != RUNNING:
        return
    place = turn.definition.places[step.id]
    owner = turn.definition.step(place.owner) if place.owner else None
    if place.next:
        following = turn.definition.step(place.next)
        turn.todo.append(Entry(following, current_visit(turn, owner), turn.item))
    elif owner is None:
        come_to_end(turn, "completed", {})
    elif isinstance(owner, ForEachStep) and place.slot == "steps":
        _item_ended(turn, owner)
    else:
        _block_ended(turn, owner, place.slot)


def _block_ended(turn: Turn, owner: Step, slot: str) -> None:
    visit = turn.state.visits[current_visit(turn, owner) or ""]
    if visit.work.get("handling") == slot:
        complete(turn, owner, visit.id, turn.outputs[owner.id], {"how": "handled"})
        return
    result = KINDS[owner.kind].block_ended(turn, owner, visit, slot)
    if isinstance(result, Done):
        close_inside(turn, owner.id, "join", including=False)
    apply_result(turn, owner, visit.id, result)


def current_visit(turn: Turn, owner: Step | None) -> str | None:
    """The open visit of a step around this place; None for the run itself."""
    if owner is None:
        return None
    if not turn.item:
        return turn.state.current(owner.id)
    if turn.state.step_of_loop(turn.item) == owner.id:
        return turn.state.scopes[turn.item].loop
    visits = turn.state.visits.values()
    return next((visit.id for visit in visits if visit.step == owner.id and visit.scope == turn.item), None)


def _applies(turn: Turn, entry: Entry) -> bool:
    """Whether what a step belongs to is still open."""
    state = turn.state
    if state.status != RUNNING or (entry.owner is not None and entry.owner not in state.visits):
        return False
    return not entry.item or entry.item in state.scopes
