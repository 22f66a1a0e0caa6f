"""How history makes the state. Total and free of decisions: every event knows all that the state needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.workflows.engine.history import (
    EXCEPTION_CLEARED,
    EXCEPTION_RAISED,
    ITEM_ENDED,
    ITEM_STARTED,
    JUMPED,
    LATE_OUTCOME,
    OUTCOME_AWAITED,
    REASSIGNED,
    RETURNED,
    ROLLBACK_STARTED,
    RUN_FINISHED,
    RUN_HELD,
    RUN_MIGRATED,
    RUN_OVERDUE,
    RUN_PAUSED,
    RUN_RESUMED,
    RUN_STARTED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_FAILED,
    STEP_HANDLING,
    STEP_OVERDUE,
    STEP_PROGRESSED,
    STEP_RETRIED,
    STEP_SKIPPED,
    STEP_STARTED,
    VARIABLES_SET,
    WAIT_ANSWERED,
    HistoryEvent,
    Json,
    step_of,
)
from apps.workflows.engine.scopes import end_items, forget_items
from apps.workflows.engine.state import (
    DRAINING,
    EXCEPTION,
    FINISHED,
    HANDLING,
    OPEN,
    RETRYING,
    ROLLING_BACK,
    RUNNING,
    Late,
    RunState,
    Scope,
    Visit,
    late_id,
)


def evolve(state: RunState, event: HistoryEvent) -> RunState:
    """The state after one more event; the given state is left as it is."""
    after = state.copy()
    apply(after, event)
    return after


def replay(events: Iterable[HistoryEvent]) -> RunState:
    """The state a whole history leads to."""
    state = RunState()
    for event in events:
        apply(state, event)
    return state


def apply(state: RunState, event: HistoryEvent) -> None:
    """Change a state in place by one event."""
    _APPLY[event.kind](state, event, event.visit or "")
    anchor = event.data.get("anchor")
    if anchor is not None:
        state.anchors[anchor] = event.at.isoformat()


def _run_started(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.status = RUNNING
    state.start = event.data
    seed = event.data.get("seed") or {}
    state.outputs.update(seed.get("outputs", {}))
    state.vars.update(seed.get("vars", {}))
    state.counts.update(seed.get("counts", {}))
    state.deadline = event.data.get("deadline", "")
    since = event.at.isoformat()
    state.pauses = {
        source: {**pause, "since": since} for source, pause in event.data.get("pauses", {}).items()
    }


def _step_started(state: RunState, event: HistoryEvent, visit: str) -> None:
    opened = Visit(id=visit, since=event.at.isoformat(), scope=event.data.get("scope", ""))
    _merge(opened.work, event.data.get("work", {}))
    _merge(opened.timers, event.data.get("timers", {}))
    state.visits[visit] = opened
    if opened.is_undo:
        opened.of = state.undo.pop().get("step", "")
    else:
        _count(state, visit, opened.scope)


def _step_progressed(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    _merge(current.work, event.data.get("work", {}))
    _merge(current.timers, event.data.get("timers", {}))
    if current.status == RETRYING:
        current.status = OPEN


def _step_skipped(state: RunState, event: HistoryEvent, visit: str) -> None:
    scope = _leave(state, event, visit)
    _count(state, visit, scope)


def _step_completed(state: RunState, event: HistoryEvent, visit: str) -> None:
    closed = state.visits.get(visit)
    scope = _leave(state, event, visit)
    if visit.endswith("~undo"):
        return
    _count(state, visit, scope)
    _put_out(state, closed.step if closed else step_of(visit), scope, event.data["output"])
    undo = event.data.get("undo")
    if undo:
        state.undo.append({**undo, "step": closed.of} if closed and closed.of else undo)
    forget_items(state)


def _step_handling(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    current.status = HANDLING
    _settle(current)
    end_items(state, visit)
    current.work["handling"] = event.data["slot"]
    _put_out(state, current.step, current.scope, event.data["output"])


def _step_overdue(state: RunState, _event: HistoryEvent, visit: str) -> None:
    state.visits[visit].timers.pop("due", None)


def _step_failed(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    end_items(state, visit)
    retry_at = event.data["retry_at"]
    if retry_at is None:
        current.work.pop("pending", None)
        return
    current.status = RETRYING
    current.attempt += 1
    if event.data["timer"]:
        current.work.pop("pending", None)
        current.timers["retry"] = retry_at


def _step_retried(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    current.status = OPEN
    current.epoch = event.data["epoch"]
    current.attempt = event.data.get("attempt", 1)
    _settle(current)


def _step_closed(state: RunState, _event: HistoryEvent, visit: str) -> None:
    state.visits.pop(visit, None)
    forget_items(state)


def _outcome_awaited(state: RunState, event: HistoryEvent, visit: str) -> None:
    data = event.data
    late = Late(
        visit=visit,
        step=data["step"],
        name=data["name"],
        epoch=data["epoch"],
        attempt=data["attempt"],
        since=event.at.isoformat(),
        own=data["step"],
        undo=data["undo"],
        known=data.get("known", {}),
    )
    state.late[late.id] = late


def _late_outcome(state: RunState, event: HistoryEvent, visit: str) -> None:
    state.late.pop(late_id(visit, event.data["epoch"]), None)
    if "undo" in event.data:
        state.undo.append(event.data["undo"])


def _exception_raised(state: RunState, _event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    if current.status == EXCEPTION:
        current.work.pop("pending", None)
        return
    current.status = EXCEPTION
    _settle(current)
    end_items(state, visit)


def _variables_set(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.vars.update(event.data["values"])


def _item_started(state: RunState, event: HistoryEvent, visit: str) -> None:
    loop, index = state.visits[visit], event.data["index"]
    key = f"{visit}/{index}"
    state.scopes[key] = Scope(key, loop.scope, loop.work["items"][index])


def _item_ended(state: RunState, event: HistoryEvent, visit: str) -> None:
    loop, index = state.visits[visit], event.data["index"]
    result = event.data["output"] if "error" not in event.data else {"error": event.data["error"]}
    loop.work["results"] = {**loop.work.get("results", {}), str(index): result}
    state.scopes[f"{visit}/{index}"].has_ended = True
    forget_items(state)


def _reassigned(state: RunState, event: HistoryEvent, visit: str) -> None:
    state.visits[visit].work["assignee"] = event.data["assignee"]


def _run_paused(state: RunState, event: HistoryEvent, _visit: str) -> None:
    data = event.data
    pause = {"reason": data["reason"], "actor": data["actor"], "since": event.at.isoformat()}
    if data.get("party"):
        pause["party"] = data["party"]
    state.pauses[data["source"]] = pause


def _run_resumed(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.pauses.pop(event.data["source"])
    if not state.pauses:
        state.held = []


def _run_held(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.held = event.data["held"]


def _run_overdue(state: RunState, _event: HistoryEvent, _visit: str) -> None:
    state.deadline = ""


def _rollback_started(state: RunState, _event: HistoryEvent, _visit: str) -> None:
    state.status = ROLLING_BACK
    state.undoable = False
    state.pauses = {}
    state.held = []
    state.deadline = ""
    for visit in state.visits.values():
        visit.status = DRAINING
        _settle(visit, keep=())


def _run_finished(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.status = FINISHED
    state.outcome = event.data["outcome"]
    state.undoable = event.data.get("undoable", False)
    if not state.undoable:
        state.undo = []
        state.late = {}
    state.pauses = {}
    state.held = []
    state.deadline = ""
    state.scopes = {}


def _run_migrated(state: RunState, event: HistoryEvent, _visit: str) -> None:
    names, lost = event.data["steps"], event.data["lost"]
    for counts in (state.counts, *(scope.counts for scope in state.scopes.values())):
        _recount(counts, names)
    state.outputs = {names.get(step, step): out for step, out in state.outputs.items() if step not in lost}
    state.outputs.update(event.data["outputs"])
    for scope in state.scopes.values():
        scope.outputs = {names.get(step, step): out for step, out in scope.outputs.items()}
    for visit in state.visits.values():
        step = names.get(visit.step, visit.step)
        visit.of = "" if step == step_of(visit.id) else step
        _merge(visit.work, event.data["work"].get(visit.id, {}))
    state.undo = [_renamed_undo(undo, names, event.data["gone"]) for undo in state.undo]
    for late in state.late.values():
        late.step = names.get(late.step, late.step)
    state.vars.update(event.data["vars"])
    state.anchors = dict(event.data["anchors"])
    state.held = event.data["held"]
    state.deadline = event.data.get("deadline", state.deadline)
    if event.data["input"]:
        given = {**(state.start.get("input") or {}), **event.data["input"]}
        state.start = {**state.start, "input": given}


def _recount(counts: dict[str, int], names: Json) -> None:
    """Go on counting under the new names; ids of visits are never used twice."""
    for step, count in {names[step]: count for step, count in counts.items() if step in names}.items():
        counts[step] = max(count, counts.get(step, 0))


def _renamed_undo(undo: Json, names: Json, gone: Json) -> Json:
    before = undo.get("step") or step_of(undo["visit"])
    step = names.get(before, before)
    kept = {key: value for key, value in undo.items() if key != "step"}
    if step != step_of(undo["visit"]):
        kept["step"] = step
    return {**kept, "name": gone[before]} if before in gone else kept


def _only_recorded(_state: RunState, _event: HistoryEvent, _visit: str) -> None:
    """Told to people; another event of the same turn changes the state."""


def _settle(visit: Visit, keep: tuple[str, ...] = ("due",)) -> None:
    visit.work.pop("pending", None)
    visit.work.pop("awaits", None)
    visit.work.pop("assignee", None)
    visit.timers = {purpose: at for purpose, at in visit.timers.items() if purpose in keep}


def _merge(target: Json, changes: Json) -> None:
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value


def _leave(state: RunState, event: HistoryEvent, visit: str) -> str:
    """Close the visit; return the item of a loop it belonged to."""
    known = state.visits.pop(visit, None)
    scope: str = known.scope if known is not None else event.data.get("scope", "")
    return scope


def _put_out(state: RunState, step: str, scope: str, output: Json) -> None:
    outputs = state.scopes[scope].outputs if scope else state.outputs
    outputs[step] = output


def _count(state: RunState, visit: str, scope: str) -> None:
    step, _, number = visit.partition("#")
    if int(number) > state.counts.get(step, 0):
        state.counts[step] = int(number)
        if scope:
            counts = state.scopes[scope].counts
            counts[step] = counts.get(step, 0) + 1


_APPLY: dict[str, Callable[[RunState, HistoryEvent, str], None]] = {
    RUN_STARTED: _run_started,
    STEP_STARTED: _step_started,
    STEP_PROGRESSED: _step_progressed,
    STEP_SKIPPED: _step_skipped,
    STEP_COMPLETED: _step_completed,
    STEP_HANDLING: _step_handling,
    STEP_OVERDUE: _step_overdue,
    STEP_FAILED: _step_failed,
    STEP_RETRIED: _step_retried,
    STEP_CLOSED: _step_closed,
    OUTCOME_AWAITED: _outcome_awaited,
    LATE_OUTCOME: _late_outcome,
    EXCEPTION_RAISED: _exception_raised,
    EXCEPTION_CLEARED: _only_recorded,
    VARIABLES_SET: _variables_set,
    ITEM_STARTED: _item_started,
    ITEM_ENDED: _item_ended,
    RETURNED: _only_recorded,
    WAIT_ANSWERED: _only_recorded,
    JUMPED: _only_recorded,
    REASSIGNED: _reassigned,
    RUN_PAUSED: _run_paused,
    RUN_RESUMED: _run_resumed,
    RUN_HELD: _run_held,
    RUN_OVERDUE: _run_overdue,
    ROLLBACK_STARTED: _rollback_started,
    RUN_MIGRATED: _run_migrated,
    RUN_FINISHED: _run_finished,
}
