"""A world for one run: keeps what effects have asked for, so that tests can answer it and check that it adds up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.workflows.engine.commands import (
    Command,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    Migrate,
    ReceiveEvent,
    RetryStep,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.decide import Decision, decide
from apps.workflows.engine.definition import ActionStep, Definition
from apps.workflows.engine.effects import (
    AwaitEvent,
    ClearException,
    CloseWork,
    Compensate,
    Effect,
    GatherFacts,
    OpenApproval,
    OpenAssist,
    OpenUserTask,
    PerformAction,
    RaiseException,
    RollBackChild,
    RunFinished,
    SendMessage,
    StartSubflow,
    StartTimer,
    StopAwaiting,
    StopTimer,
)
from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent, undo_id
from apps.workflows.engine.late import find_late
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.state import DRAINING, EXCEPTION, HANDLING, RunState, late_id

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORK = (
    OpenApproval,
    OpenUserTask,
    PerformAction,
    Compensate,
    SendMessage,
    StartSubflow,
    GatherFacts,
    OpenAssist,
    RollBackChild,
)


def template(*steps: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A template of these steps."""
    return {
        "format": 1,
        "key": "under-test",
        "name": "Under test",
        "connections": {"psa": {"connector": "generic-rest"}},
        **top,
        "steps": list(steps),
    }


@dataclass
class World:
    """One run and everything the engine has asked for and not yet got."""

    definition: Definition
    now: datetime = NOW
    state: RunState = field(default_factory=RunState)
    history: list[HistoryEvent] = field(default_factory=list)
    log: list[Effect] = field(default_factory=list)
    work: dict[str, Any] = field(default_factory=dict)
    timers: dict[str, StartTimer] = field(default_factory=dict)
    awaiting: dict[str, AwaitEvent] = field(default_factory=dict)
    exceptions: dict[str, RaiseException] = field(default_factory=dict)
    held_before: list[dict[str, Any]] = field(default_factory=list)
    called_back: set[str] = field(default_factory=set)
    late: dict[str, PerformAction] = field(default_factory=dict)
    """Calls under way that nothing waits for, by visit and epoch."""
    to_undo: list[str] = field(default_factory=list)
    """What a roll-back has to undo, as ids of the visits that would: all that happened and has a compensation."""
    undone: list[str] = field(default_factory=list)
    finished: RunFinished | None = None
    former: Definition | None = None
    """The version before the last migration; the next command is decided under it when it is a migration."""

    @classmethod
    def of(cls, *steps: dict[str, Any], **top: Any) -> World:
        """A world for a template of these steps."""
        return cls(compile_definition(template(*steps, **top)))

    def start(self, **data: Any) -> Decision:
        """Start the run with an input."""
        return self.send(Start(data, {"id": "run-1"}))

    def send(self, command: Command) -> Decision:
        """Decide a command, carry out what follows, and check that everything adds up."""
        definition = self.former if isinstance(command, Migrate) and self.former else self.definition
        decision = decide(definition, self.state, command, self.now)
        if decision.refused:
            assert decision.events == []
            assert decision.effects == []
            assert decision.state == self.state
            return decision
        late = find_late(self.state, command) if isinstance(command, CompleteStep | FailStep) else None
        if late is not None:
            self._note(command, self.late.pop(late.id), decision)
        elif isinstance(command, CompleteStep | FailStep | FactsGathered):
            self._note(command, self.work[command.visit], decision)
            self._answered(command.visit)
        elif isinstance(command, SkipStep) and command.visit.endswith("~undo"):
            self.undone.append(command.visit)
        if isinstance(command, FireTimer):
            del self.timers[command.timer]
        self.held_before = self.state.held
        self.state = decision.state
        self.history += decision.events
        for effect in decision.effects:
            self._carry_out(effect)
        self.check()
        return decision

    def _note(self, command: Command, asked: Any, decision: Decision) -> None:
        """Keep account of what happened, or may have, and what was undone."""
        if isinstance(command, FailStep) and isinstance(asked, PerformAction):
            tried_again = any(event.data.get("retry_at") for event in decision.events)
            if not command.error.ambiguous or tried_again:
                return
        elif not isinstance(command, CompleteStep):
            return
        if command.visit.endswith("~undo"):
            self.undone.append(command.visit)
        elif isinstance(asked, StartSubflow) or (
            isinstance(asked, PerformAction) and self._is_compensated(asked.step)
        ):
            self.to_undo.append(undo_id(asked.visit, asked.epoch))

    def _is_compensated(self, step: str) -> bool:
        place = self.definition.places.get(step)
        return place is not None and isinstance(place.step, ActionStep) and place.step.compensate is not None

    def _answered(self, visit: str) -> None:
        del self.work[visit]
        self.called_back.discard(visit)

    def done(self, visit: str, **output: Any) -> Decision:
        """The work of a visit is done."""
        return self.send(CompleteStep(visit, output))

    def fail(self, visit: str, code: str = "boom", *, retryable: bool = False) -> Decision:
        """The work of a visit failed."""
        return self.send(FailStep(visit, StepError(code, f"It went {code}.", retryable)))

    def retry(self, visit: str, override: dict[str, Any] | None = None) -> Decision:
        """A person tries again."""
        return self.send(RetryStep(visit, {"kind": "user", "label": "Ada"}, "again", override))

    def tell(self, visit: str, type_: str, **data: Any) -> Decision:
        """An event comes for a visit."""
        return self.send(ReceiveEvent(visit, {"type": type_, "data": data}))

    def fire(self, timer: str) -> Decision:
        """A timer comes due."""
        self.now = max(
            self.now + timedelta(seconds=1), self.timers[timer].at if timer in self.timers else self.now
        )
        return self.send(FireTimer(timer))

    def _carry_out(self, effect: Effect) -> None:
        self.log.append(effect)
        match effect:
            case StartTimer():
                self.timers[effect.timer] = effect
            case StopTimer():
                assert effect.timer in self.timers or {"timer": effect.timer} in self.held_before
                self.timers.pop(effect.timer, None)
            case AwaitEvent():
                assert effect.visit not in self.awaiting
                self.awaiting[effect.visit] = effect
            case StopAwaiting():
                del self.awaiting[effect.visit]
            case RaiseException():
                self.exceptions[effect.visit] = effect
            case ClearException():
                del self.exceptions[effect.visit]
            case CloseWork():
                self._withdraw(effect)
            case RollBackChild() if effect.visit == effect.child_visit:
                assert isinstance(self.work[effect.visit], StartSubflow)
            case RunFinished():
                self.finished = effect
            case _ if isinstance(effect, WORK):
                self._ask(effect.visit, effect)

    def _withdraw(self, effect: CloseWork) -> None:
        late = late_id(effect.visit, effect.epoch)
        if late in self.late:
            assert not effect.drain
            del self.late[late]
            return
        assert self.work[effect.visit].epoch == effect.epoch
        if effect.reason == "paused":
            self.called_back.add(effect.visit)
        elif not effect.drain:
            self._answered(effect.visit)
        elif effect.kind == "subflow":
            self.to_undo.append(undo_id(effect.visit, effect.epoch))
            self._answered(effect.visit)
        elif late in self.state.late:
            self.late[late] = self.work[effect.visit]
            self._answered(effect.visit)
        else:
            # A roll-back hears it out: an attempt that a pause has called back is made after all.
            self.called_back.discard(effect.visit)

    def _ask(self, visit: str, effect: Any) -> None:
        is_new = visit not in self.work or visit in self.called_back
        assert is_new, f"{visit} has work already"
        self.called_back.discard(visit)
        self.work[visit] = effect

    def check(self) -> None:
        """Every invariant of the engine that can be seen from outside."""
        assert replay(self.history) == self.state
        stored = json.loads(json.dumps([event.to_json() for event in self.history]))
        assert replay([HistoryEvent.from_json(item) for item in stored]) == self.state
        assert RunState.from_json(json.loads(json.dumps(self.state.to_json()))) == self.state
        live = json.loads(json.dumps(self.state.live_json()))
        assert RunState.from_json(live, self.state.start) == self.state
        self._check_outstanding()
        for visit in self.state.visits.values():
            self._check_visit(visit.id)

    def _check_outstanding(self) -> None:
        visits = self.state.visits
        timers = {visit.timer_id(purpose) for visit in visits.values() for purpose in visit.timers}
        timers |= {"/deadline"} if self.state.deadline else set()
        assert set(self.timers) <= timers
        held = {entry["timer"] for entry in self.state.held if "timer" in entry}
        assert timers - set(self.timers) <= held
        assert set(self.awaiting) == {key for key, visit in visits.items() if "awaits" in visit.work}
        assert set(self.exceptions) == {key for key, visit in visits.items() if visit.status == EXCEPTION}
        pending = {
            key for key, visit in visits.items() if "pending" in visit.work or visit.status == DRAINING
        }
        assert set(self.work) == pending
        assert set(self.late) == set(self.state.late)
        self._check_undone()
        if self.state.is_finished:
            assert not visits
            assert self.finished is not None
            assert self.finished.outcome == self.state.outcome
        elif not self.state.pauses:
            assert not self.state.held
            assert not self.called_back
            assert visits or self.late, "an unfinished run that waits for nothing never ends"

    def _check_undone(self) -> None:
        """Nothing is undone twice, and after a roll-back nothing that was done is left."""
        assert len(set(self.undone)) == len(self.undone)
        if self.former is not None:
            return
        assert set(self.undone) <= set(self.to_undo)
        if self.state.is_finished and self.state.outcome == "rolled_back":
            assert sorted(self.undone) == sorted(self.to_undo)

    def kind_of(self, step: str) -> str:
        """Kind of a step; empty where the version no longer has it."""
        place = self.definition.places.get(step)
        return place.step.kind if place else ""

    def _check_visit(self, key: str) -> None:
        visit = self.state.visits[key]
        if any(entry.get("open") == key for entry in self.state.held):
            return
        own_timers = [purpose for purpose in visit.timers if purpose not in ("due", "timeout")]
        waits_for = (key in self.work) + (key in self.awaiting) + len(own_timers)
        is_container = visit.status == HANDLING or self.kind_of(visit.step) in (
            "parallel",
            "choice",
            "for_each",
        )
        if visit.status == EXCEPTION:
            assert not own_timers
        elif is_container and not own_timers:
            others = [other.step for other in self.state.visits.values()]
            others += [entry["enter"] for entry in self.state.held if "enter" in entry]
            assert any(self.definition.inside(step, visit.step) for step in others), f"{key} holds nothing"
            assert waits_for == 0
        else:
            assert waits_for == 1, f"{key} waits for {waits_for} things"
