"""Random runs of random templates: whatever happens in whatever order, the engine's invariants hold.

`World.send` checks after every command that replay equals the state, that both survive JSON, and that every open visit
waits for exactly one thing and nothing is left over.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from apps.workflows.engine.commands import (
    AnswerWait,
    Cancel,
    Command,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    JumpTo,
    Pause,
    Reassign,
    ReceiveEvent,
    Resume,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.decide import decide
from apps.workflows.engine.effects import GatherFacts, OpenApproval, PerformAction
from apps.workflows.engine.late import find_late
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.state import RUNNING
from tests.unit.engine.templates import templates
from tests.unit.engine.world import World

pick = st.integers(0, 1_000)


class RandomRuns(RuleBasedStateMachine):
    """Answers what is open, in any order, well and badly, once and twice."""

    world: World
    used: list[Command]

    @initialize(template=templates(), n=st.integers(0, 5))
    def begin(self, template: dict[str, Any], n: int) -> None:
        self.used = []
        self.world = World(compile_definition(template))
        self.send(Start({"n": n}, {"id": "r"}))

    def send(self, command: Command) -> None:
        self.used.append(command)
        before = self.world.state.to_json()
        first = decide(self.world.definition, self.world.state, command, self.world.now)
        assert self.world.state.to_json() == before, "decide must leave its argument alone"
        second = self.world.send(command)
        assert (first.events, first.effects, first.state) == (second.events, second.effects, second.state)

    def one_of(self, things: dict[str, Any], number: int) -> str:
        return list(things)[number % len(things)]

    @precondition(lambda self: self.world.work)
    @rule(number=pick, good=st.booleans())
    def answer(self, number: int, good: bool) -> None:
        visit = self.one_of(self.world.work, number)
        asked = self.world.work[visit]
        if isinstance(asked, GatherFacts):
            self.send(FactsGathered(visit, {"ok": good}))
        elif isinstance(asked, OpenApproval):
            self.send(CompleteStep(visit, {"outcome": "approved" if good else "rejected"}))
        else:
            self.send(CompleteStep(visit, {"id": number}))

    @precondition(lambda self: self.world.work)
    @rule(number=pick, retryable=st.booleans(), ambiguous=st.booleans())
    def break_down(self, number: int, retryable: bool, ambiguous: bool) -> None:
        error = StepError("boom", "Boom.", retryable, ambiguous=ambiguous)
        self.send(FailStep(self.one_of(self.world.work, number), error))

    @precondition(lambda self: self.world.late)
    @rule(number=pick, good=st.booleans(), ambiguous=st.booleans())
    def hear_late(self, number: int, good: bool, ambiguous: bool) -> None:
        asked = self.world.late[self.one_of(self.world.late, number)]
        self.answer_late(asked, {"id": number} if good else None, ambiguous=ambiguous)

    def answer_late(
        self, asked: PerformAction, output: dict[str, Any] | None, *, ambiguous: bool = False
    ) -> None:
        if output is None:
            error = StepError("boom", "Boom.", retryable=True, ambiguous=ambiguous)
            self.send(FailStep(asked.visit, error, epoch=asked.epoch, attempt=asked.attempt))
        else:
            self.send(CompleteStep(asked.visit, output, epoch=asked.epoch, attempt=asked.attempt))

    @precondition(lambda self: self.world.timers)
    @rule(number=pick)
    def let_time_pass(self, number: int) -> None:
        self.send(FireTimer(self.one_of(self.world.timers, number)))

    @precondition(lambda self: self.world.awaiting)
    @rule(number=pick, n=st.integers(0, 5))
    def tell(self, number: int, n: int) -> None:
        visit = self.one_of(self.world.awaiting, number)
        self.send(ReceiveEvent(visit, {"type": "a.b", "data": {"n": n}}))

    @precondition(lambda self: self.world.exceptions)
    @rule(number=pick, override=st.none() | st.just({"n": 9}))
    def try_again(self, number: int, override: dict[str, Any] | None) -> None:
        self.send(RetryStep(self.one_of(self.world.exceptions, number), None, "again", override))

    @precondition(lambda self: self.world.exceptions)
    @rule(number=pick)
    def skip(self, number: int) -> None:
        self.send(SkipStep(self.one_of(self.world.exceptions, number), {"by": "hand"}))

    @precondition(lambda self: self.world.state.visits)
    @rule(number=pick, override=st.none() | st.just({"n": 9}), what=st.integers(0, 2))
    def correct_what_is_open(self, number: int, override: dict[str, Any] | None, what: int) -> None:
        visit = self.one_of(self.world.state.visits, number)
        if what == 0:
            self.send(SkipStep(visit, {"by": "hand"}, {"label": "Ada"}, "known"))
        elif what == 1:
            self.send(RetryStep(visit, {"label": "Ada"}, "now", override))
        else:
            self.send(Reassign(visit, {"role": "finance"}, {"label": "Ada"}, "on leave"))

    @precondition(lambda self: self.world.state.visits)
    @rule(number=pick, event=st.none() | st.just({"n": 1}))
    def answer_a_wait(self, number: int, event: dict[str, Any] | None) -> None:
        visit = self.one_of(self.world.state.visits, number)
        self.send(AnswerWait(visit, event, {"label": "Ada"}, "they called"))

    @precondition(lambda self: self.world.state.counts)
    @rule(number=pick)
    def jump_back(self, number: int) -> None:
        self.send(JumpTo(self.one_of(self.world.state.counts, number), {"label": "Ada"}, "once more"))

    @rule(source=st.sampled_from(["run", "template"]))
    def pause(self, source: str) -> None:
        self.send(Pause(source, "wait a moment", {"label": "Ada"}))

    @precondition(lambda self: self.world.state.pauses)
    @rule(number=pick)
    def resume(self, number: int) -> None:
        self.send(Resume(self.one_of(self.world.state.pauses, number), "go on", {"label": "Ada"}))

    @rule(number=pick)
    def repeat_an_old_command(self, number: int) -> None:
        """Answers to visits that are closed change nothing; others may be answers to what is open now."""
        command = self.used[number % len(self.used)]
        visit = getattr(command, "visit", None)
        if isinstance(command, CompleteStep | FailStep) and find_late(self.world.state, command):
            return
        if isinstance(command, Start) or (visit is not None and visit not in self.world.state.visits):
            decision = self.world.send(command)
            assert decision.refused
            assert decision.events == []

    @precondition(lambda self: len(self.world.history) > 12)
    @rule(roll_back=st.booleans(), often=st.integers(0, 3))
    def stop(self, roll_back: bool, often: int) -> None:
        if often == 0:
            self.send(RollBack("enough") if roll_back else Cancel("enough"))

    def teardown(self) -> None:
        """Whatever has happened, rolling the run back undoes all of it, once each (`World.check` counts)."""
        if not hasattr(self, "world") or self.is_over():
            return
        if self.world.state.status == RUNNING:
            self.send(RollBack("enough"))
        for turn in range(1_000):
            if self.is_over():
                break
            self.go_on_undoing(good=turn % 3 > 0)
        assert self.world.state.outcome == "rolled_back"

    def is_over(self) -> bool:
        return self.world.state.is_finished

    def go_on_undoing(self, *, good: bool) -> None:
        world = self.world
        if world.late:
            self.answer_late(next(iter(world.late.values())), {"id": 1} if good else None)
        elif world.exceptions:
            self.send(SkipStep(next(iter(world.exceptions)), {}, {"label": "Ada"}, "by hand"))
        else:
            visit = next(iter(world.work))
            self.send(
                CompleteStep(visit, {"id": 2}) if good else FailStep(visit, StepError("boom", "Boom.", True))
            )

    @precondition(lambda self: self.world.state.is_finished)
    @rule()
    def terminal_states_stay_terminal(self) -> None:
        for command in (Cancel(), RollBack(), SkipStep("s1#1"), CompleteStep("s1#1"), FireTimer("s1#1/due")):
            assert self.world.send(command).refused == "run_finished"


RandomRuns.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRandomRuns = RandomRuns.TestCase
