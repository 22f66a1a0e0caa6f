"""How history makes the state. Total and free of decisions: every event knows all that the state needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.workflows.engine.history import (
    EXCEPTION_CLEARED,
    EXCEPTION_RAISED,
    JUMPED,
    REASSIGNED,
    RETURNED,
    ROLLBACK_STARTED,
    RUN_FINISHED,
    RUN_HELD,
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
from apps.workflows.engine.state import (
    DRAINING,
    EXCEPTION,
    FINISHED,
    HANDLING,
    OPEN,
    RETRYING,
    ROLLING_BACK,
    RUNNING,
    RunState,
    Visit,
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
    since = event.at.isoformat()
    state.pauses = {
        source: {**pause, "since": since} for source, pause in event.data.get("pauses", {}).items()
    }


def _step_started(state: RunState, event: HistoryEvent, visit: str) -> None:
    opened = Visit(id=visit, since=event.at.isoformat())
    _merge(opened.work, event.data.get("work", {}))
    _merge(opened.timers, event.data.get("timers", {}))
    state.visits[visit] = opened
    if opened.is_undo:
        state.undo.pop()
    else:
        _count(state, visit)


def _step_progressed(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    _merge(current.work, event.data.get("work", {}))
    _merge(current.timers, event.data.get("timers", {}))
    if current.status == RETRYING:
        current.status = OPEN


def _step_skipped(state: RunState, _event: HistoryEvent, visit: str) -> None:
    state.visits.pop(visit, None)
    _count(state, visit)


def _step_completed(state: RunState, event: HistoryEvent, visit: str) -> None:
    state.visits.pop(visit, None)
    if visit.endswith("~undo"):
        return
    _count(state, visit)
    state.outputs[step_of(visit)] = event.data["output"]
    if event.data.get("undo"):
        state.undo.append(event.data["undo"])


def _step_handling(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    current.status = HANDLING
    _settle(current)
    current.work["handling"] = event.data["slot"]
    state.outputs[current.step] = event.data["output"]


def _step_overdue(state: RunState, _event: HistoryEvent, visit: str) -> None:
    state.visits[visit].timers.pop("due", None)


def _step_failed(state: RunState, event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
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


def _exception_raised(state: RunState, _event: HistoryEvent, visit: str) -> None:
    current = state.visits[visit]
    if current.status == EXCEPTION:
        current.work.pop("pending", None)
        return
    current.status = EXCEPTION
    _settle(current)


def _variables_set(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.vars.update(event.data["values"])


def _reassigned(state: RunState, event: HistoryEvent, visit: str) -> None:
    state.visits[visit].work["assignee"] = event.data["assignee"]


def _run_paused(state: RunState, event: HistoryEvent, _visit: str) -> None:
    data = event.data
    pause = {"reason": data["reason"], "actor": data["actor"], "since": event.at.isoformat()}
    state.pauses[data["source"]] = pause


def _run_resumed(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.pauses.pop(event.data["source"])
    if not state.pauses:
        state.held = []


def _run_held(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.held = event.data["held"]


def _rollback_started(state: RunState, _event: HistoryEvent, _visit: str) -> None:
    state.status = ROLLING_BACK
    state.pauses = {}
    state.held = []
    for visit in state.visits.values():
        visit.status = DRAINING
        _settle(visit, keep=())


def _run_finished(state: RunState, event: HistoryEvent, _visit: str) -> None:
    state.status = FINISHED
    state.outcome = event.data["outcome"]
    state.undo = []
    state.pauses = {}
    state.held = []


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


def _count(state: RunState, visit: str) -> None:
    step, _, number = visit.partition("#")
    state.counts[step] = max(int(number), state.counts.get(step, 0))


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
    EXCEPTION_RAISED: _exception_raised,
    EXCEPTION_CLEARED: _only_recorded,
    VARIABLES_SET: _variables_set,
    RETURNED: _only_recorded,
    WAIT_ANSWERED: _only_recorded,
    JUMPED: _only_recorded,
    REASSIGNED: _reassigned,
    RUN_PAUSED: _run_paused,
    RUN_RESUMED: _run_resumed,
    RUN_HELD: _run_held,
    ROLLBACK_STARTED: _rollback_started,
    RUN_FINISHED: _run_finished,
}
