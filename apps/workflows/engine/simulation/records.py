"""What the outside told a recorded run: answers, events, people's deeds and timers, read from its history.

Every answer is kept by the question it belongs to (the visit, and what was pending there), with how long it took; what
came by itself keeps its time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.workflows.engine.commands import (
    AnswerWait,
    Cancel,
    Command,
    JumpTo,
    Pause,
    Resume,
    RetryStep,
    RollBack,
    Seed,
    SkipStep,
    Start,
)
from apps.workflows.engine.evolve import apply
from apps.workflows.engine.history import (
    EXCEPTION_RAISED,
    LATE_OUTCOME,
    OUTCOME_AWAITED,
    RUN_FINISHED,
    RUN_OVERDUE,
    RUN_STARTED,
    STEP_CLOSED,
    STEP_COMPLETED,
    STEP_FAILED,
    STEP_HANDLING,
    STEP_OVERDUE,
    STEP_RETRIED,
    STEP_STARTED,
    HistoryEvent,
)
from apps.workflows.engine.matching import known_event
from apps.workflows.engine.settling import DEADLINE_TIMER
from apps.workflows.engine.simulation.world import QUERY
from apps.workflows.engine.state import DRAINING, EXCEPTION, RunState, Visit, late_id

Json = dict[str, Any]
PERSON = "exception"
"""Kind of the question an exception puts to a person."""
WITHDRAWN = "withdrawn"
_MOMENT = timedelta(microseconds=1)
LATE = "late"
"""Kind of the question what became of an action that was withdrawn; its visit is told with its epoch."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: an output (facts, for a query), an error, or what a person did. `order` is its place in the history."""

    after: timedelta
    order: int
    output: Json | None = None
    error: Json | None = None
    deed: Command | None = None
    actor: Json | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """How much later than planned a timer was felt (or would have been, had the visit not ended before)."""

    late: timedelta
    order: int
    acted: bool


@dataclass(slots=True)
class Record:
    """One recorded run. `by_itself` is what came at a time of its own, as (time, order, event or command)."""

    start: Start
    began: datetime
    last: datetime
    told: dict[tuple[str, str], list[Told | None]] = field(default_factory=dict)
    """By visit and kind, in the order they were asked; None where a question was withdrawn before it was answered."""
    by_itself: list[tuple[datetime, int, Json | Command]] = field(default_factory=list)
    timers: dict[tuple[str, int], Fired] = field(default_factory=dict)
    """By timer, and how often it had been started."""
    silent: dict[str, timedelta | None] = field(default_factory=dict)
    """For how long each visit is known to have got nothing from outside; None: until the record ends."""
    still_open: set[tuple[str, str]] = field(default_factory=set)
    is_finished: bool = False


def read_record(history: Iterable[HistoryEvent], as_of: datetime | None = None) -> Record | None:
    """Read a history; None for one without a beginning. A run that is not over stands so at `as_of` (or its last fact).

    What became of a run after its end, when the one that started it was rolled back, is left out.
    """
    reader = _Reader()
    for order, event in enumerate(history):
        reader.take(event, order)
        if event.kind == RUN_FINISHED:
            break
    return reader.finish(as_of)


class _Reader:
    def __init__(self) -> None:
        self.state = RunState()
        self.record: Record | None = None
        self.asked: dict[str, datetime] = {}
        self.opened: dict[str, datetime] = {}
        self.raised: dict[str, datetime] = {}
        self.failed: set[str] = set()
        self.cut: dict[str, datetime] = {}
        self.starts: dict[str, int] = {}
        self.then = ""
        self.awaited: dict[str, datetime] = {}
        self.draining: dict[str, str] = {}
        self.unknown: dict[str, Json] = {}

    def take(self, event: HistoryEvent, order: int) -> None:
        if event.kind == RUN_STARTED:
            self.record = Record(_start(event.data), event.at, event.at)
        visit = self.state.visits.get(event.visit or "")
        asked = self._asked_of(visit)
        if self.record is not None:
            self.record.last = event.at
            self._deadline(self.record, event, order)
            if event.kind in (OUTCOME_AWAITED, LATE_OUTCOME):
                self._late(self.record, event, order)
            elif visit is not None:
                self._of_visit(self.record, visit, event, order)
            else:
                self._of_run(self.record, event, order)
        timers = dict(visit.timers) if visit is not None else {}
        apply(self.state, event)
        self._note_withdrawn(asked)
        self._note_times(event)
        self._note_timers(event, timers, order)

    def finish(self, as_of: datetime | None) -> Record | None:
        if self.record is not None:
            self.record.last = max(self.record.last, as_of or self.record.last)
            self.record.is_finished = self.state.is_finished
            if self.state.deadline:
                self._felt_late(self.record, self.record.last, _MOMENT, 0)
            for visit in self.state.visits.values():
                self.record.silent[visit.id] = None
                waits = self.draining[visit.id] if visit.status == DRAINING else "event"
                pending = visit.work.get("pending")
                self.record.still_open.add(
                    (visit.id, PERSON if visit.status == EXCEPTION else pending or waits)
                )
                if pending:
                    self.record.still_open.add((visit.id, pending))
                self._note_unfelt(self.record, visit)
            self.record.still_open |= {(late, LATE) for late in self.state.late}
        return self.record

    def _late(self, record: Record, event: HistoryEvent, order: int) -> None:
        """What became of an action that was withdrawn; of a child run that was let go nothing was asked."""
        late = late_id(event.visit or "", event.data["epoch"])
        if event.kind == OUTCOME_AWAITED:
            self.awaited[late] = event.at
            return
        error = _error(WITHDRAWN)
        if "unknown" in event.data:
            error |= {"message": event.data["unknown"], "ambiguous": True}
            visit = self.state.visits.get(event.visit or "")
            if visit is not None and visit.status == DRAINING:
                self.unknown[visit.id] = error
        if late in self.awaited:
            output = event.data.get("output")
            after = event.at - self.awaited[late]
            told = Told(after, order, output, error if output is None else None)
            record.told.setdefault((late, LATE), []).append(told)

    def _deadline(self, record: Record, event: HistoryEvent, order: int) -> None:
        """What the deadline of the run does is the timer's doing, nobody's command."""
        if event.kind == RUN_OVERDUE:
            self.then = str(event.data.get("then") or "")
            self._felt_late(record, event.at, timedelta(), order)
        elif event.kind == RUN_FINISHED and self.state.deadline:
            self._felt_late(record, event.at, timedelta(), order + 1)

    def _felt_late(self, record: Record, at: datetime, more: timedelta, order: int) -> None:
        late = at - datetime.fromisoformat(self.state.deadline)
        if late >= timedelta():
            record.timers[DEADLINE_TIMER, 1] = Fired(late + more, order, acted=more == timedelta())

    def _of_run(self, record: Record, event: HistoryEvent, order: int) -> None:
        data = event.data
        command: Command | None = None
        reason, actor = str(data.get("reason") or ""), data.get("actor")
        match event.kind:
            case "run_finished" if data["outcome"] == "cancelled":
                command = Cancel(reason, actor, data.get("undoable", False))
            case "rollback_started":
                command = RollBack(reason, actor, data.get("by_parent", False))
                self.draining = {one.id: one.work.get("pending", "") for one in self.state.visits.values()}
                for visit in self.state.visits.values():
                    self._note_unfelt(record, visit)
            case "jumped":
                command = JumpTo(data["to"], actor, reason)
            case "run_paused":
                command = Pause(data["source"], reason, actor, data.get("party", ""))
            case "run_resumed":
                command = Resume(data["source"], reason, actor)
        if isinstance(command, Cancel | RollBack) and self.then in ("cancel", "roll_back"):
            self.then = ""
        elif command is not None:
            record.by_itself.append((event.at, order, command))

    def _of_visit(self, record: Record, visit: Visit, event: HistoryEvent, order: int) -> None:
        match event.kind:
            case "step_failed":
                self._failed(record, visit, event, order)
            case "step_progressed":
                self._progressed(record, visit, event, order)
            case "step_retried":
                again = RetryStep(visit.id, event.data.get("actor"), "", event.data.get("input"))
                self._deed(record, visit, again, event, order)
            case "wait_answered":
                word = AnswerWait(visit.id, event.data["event"], event.data.get("actor"), "")
                record.by_itself.append((event.at, order, word))
                self.failed.add(visit.id)
            case "step_completed":
                self._completed(record, visit, event, order)
            case "step_handling" | "exception_raised":
                self._reacted(record, visit, event, order)
            case "step_closed" if visit.status == DRAINING:
                error = self.unknown.get(visit.id) or _error(WITHDRAWN)
                self._tell(record, visit, event, order, error=error)
        if event.kind == STEP_CLOSED:
            self._note_unfelt(record, visit)
        if event.kind in (STEP_COMPLETED, STEP_CLOSED):
            record.silent[visit.id] = event.at - self.opened.get(visit.id, event.at)

    def _failed(self, record: Record, visit: Visit, event: HistoryEvent, order: int) -> None:
        if visit.work.get("pending"):
            self._tell(record, visit, event, order, error=event.data["error"])
        self.failed.add(visit.id)

    def _progressed(self, record: Record, visit: Visit, event: HistoryEvent, order: int) -> None:
        data = event.data
        if "facts" in data:
            self._tell(record, visit, event, order, output=data["facts"])
        if None in (data.get("timers") or {}).values():
            # What follows is the timer's doing, not an answer.
            self.failed.add(visit.id)
            self.cut[visit.id] = event.at
        asks_again = (data.get("work") or {}).get("pending") == QUERY
        if asks_again and visit.status == EXCEPTION and "awaits" in visit.work:
            record.by_itself.append((event.at, order, known_event(visit.work["awaits"], event.at)))

    def _completed(self, record: Record, visit: Visit, event: HistoryEvent, order: int) -> None:
        data = event.data
        output = data.get("output") or {}
        if data.get("how") == "skipped":
            deed = SkipStep(visit.id, output, data.get("actor"), str(data.get("reason") or ""))
            self._deed(record, visit, deed, event, order)
        elif self.cut.get(visit.id) == event.at:
            return
        elif visit.work.get("pending") not in (None, QUERY) or visit.status == DRAINING:
            self._tell(record, visit, event, order, output=output, actor=data.get("actor"))
        elif "awaits" in visit.work and visit.id not in self.failed:
            given = output.get("event") if visit.status != EXCEPTION else None
            told = given or known_event(visit.work["awaits"], event.at)
            if given is not None or visit.status == EXCEPTION:
                record.by_itself.append((event.at, order, told))

    def _reacted(self, record: Record, visit: Visit, event: HistoryEvent, order: int) -> None:
        """A rejection that led to steps or to a person shows only there; so does an event that had a check repeated."""
        is_repeated = event.kind == EXCEPTION_RAISED and visit.status == EXCEPTION and "awaits" in visit.work
        if is_repeated and visit.work.get("pending") != QUERY:
            record.by_itself.append((event.at, order, known_event(visit.work["awaits"], event.at)))
            return
        if visit.work.get("pending") in (None, QUERY) or visit.id in self.failed or visit.is_undo:
            return
        kept = event.data.get("output") if event.kind == STEP_HANDLING else event.data.get("details")
        self._tell(record, visit, event, order, output=dict(kept or {}))

    def _tell(
        self,
        record: Record,
        visit: Visit,
        event: HistoryEvent,
        order: int,
        *,
        output: Json | None = None,
        error: Json | None = None,
        actor: Json | None = None,
    ) -> None:
        pending = (
            self.draining.get(visit.id, "") if visit.status == DRAINING else visit.work.get("pending", "")
        )
        after = event.at - self.asked.get(visit.id, event.at)
        record.told.setdefault((visit.id, pending), []).append(Told(after, order, output, error, None, actor))

    def _deed(self, record: Record, visit: Visit, deed: Command, event: HistoryEvent, order: int) -> None:
        if visit.status == EXCEPTION:
            after = event.at - self.raised.get(visit.id, event.at)
            record.told.setdefault((visit.id, PERSON), []).append(Told(after, order, deed=deed))
        elif visit.work.get("pending"):
            after = event.at - self.asked.get(visit.id, event.at)
            key = (visit.id, str(visit.work["pending"]))
            record.told.setdefault(key, []).append(Told(after, order, deed=deed))
        else:
            record.by_itself.append((event.at, order, deed))

    def _asked_of(self, visit: Visit | None) -> tuple[str, str, int] | None:
        """What a visit asks before a fact, and how many answers there are to it."""
        if visit is None or visit.status == DRAINING or not visit.work.get("pending"):
            return None
        if visit.is_undo and "error" in visit.work and visit.epoch == 1:
            return None  # it went to a person without being asked
        pending = str(visit.work["pending"])
        told = self.record.told.get((visit.id, pending), []) if self.record is not None else []
        return visit.id, pending, len(told)

    def _note_withdrawn(self, asked: tuple[str, str, int] | None) -> None:
        """A question that is gone without an answer keeps its place: a later one's answer is not for it."""
        if asked is None or self.record is None:
            return
        key, pending, answers = asked
        current = self.state.visits.get(key)
        told = self.record.told.setdefault((key, pending), [])
        if (current is None or current.work.get("pending") != pending) and len(told) == answers:
            told.append(None)

    def _note_timers(self, event: HistoryEvent, before: Json, order: int) -> None:
        """A timer that was due and not felt before it was stopped would have been felt later still."""
        current = self.state.visits.get(event.visit or "")
        after = current.timers if current is not None else {}
        for purpose, planned in before.items():
            timer = f"{event.visit}/{purpose}"
            late = event.at - datetime.fromisoformat(planned)
            if self.record is None or after.get(purpose) == planned or event.kind == STEP_CLOSED:
                continue
            acted = event.kind == STEP_OVERDUE or purpose in (event.data.get("timers") or {})
            if acted or late >= timedelta():
                fired = Fired(late, order if acted else order + 1, acted)
                self.record.timers[timer, self.starts.get(timer, 0)] = fired
        for purpose, planned in after.items():
            if before.get(purpose) != planned:
                timer = f"{event.visit}/{purpose}"
                self.starts[timer] = self.starts.get(timer, 0) + 1

    def _note_unfelt(self, record: Record, visit: Visit) -> None:
        """A timer that is due and was not felt before the record, or its step, ended by other doing is felt after it.

        What closes a step is told after it, so that no order would put the timer behind it.
        """
        for purpose, planned in visit.timers.items():
            timer = visit.timer_id(purpose)
            late = record.last - datetime.fromisoformat(planned)
            if late >= timedelta():
                fired = Fired(late + _MOMENT, 0, acted=False)
                record.timers[timer, self.starts.get(timer, 0)] = fired

    def _note_times(self, event: HistoryEvent) -> None:
        visit = event.visit or ""
        if event.kind == STEP_STARTED:
            self.opened[visit] = event.at
        if event.kind in (STEP_STARTED, STEP_RETRIED) or (event.data.get("work") or {}).get("pending"):
            self.asked[visit] = event.at
            self.failed.discard(visit)
            self.cut.pop(visit, None)
        elif event.kind == STEP_FAILED and event.data["retry_at"]:
            self.asked[visit] = max(event.at, datetime.fromisoformat(event.data["retry_at"]))
            self.failed.discard(visit)
            self.cut.pop(visit, None)
        elif event.kind == EXCEPTION_RAISED:
            self.raised.setdefault(visit, event.at)
        if event.kind == STEP_RETRIED:
            self.raised.pop(visit, None)


def _start(data: Json) -> Start:
    seed = data.get("seed")
    pauses = {source: dict(pause) for source, pause in (data.get("pauses") or {}).items()}
    return Start(
        input=data["input"],
        run=data["run"],
        event=data.get("event"),
        subject=data.get("subject"),
        seed=Seed(**seed) if seed else None,
        at=data.get("at"),
        pauses=pauses,
        child=data.get("child", False),
    )


def _error(code: str) -> Json:
    return {"code": code, "message": code, "retryable": False, "retry_after": None, "details": {}}
