"""Let a simulated run go on by itself: answers at their time, timers in between, until nothing more can happen."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apps.workflows.engine.commands import FailStep, StepError
from apps.workflows.engine.simulation.world import Question, Simulation

Act = Callable[[], object]

FIRST = 0
LAST = 1_000_000_000
"""Order of what happens at one time: answers first, then what was planned, timers last."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Something that will happen. Of things at one time the lower `order` comes first."""

    at: datetime
    order: int
    act: Act


class Script(Protocol):
    """Who answers. All times are those of the simulation."""

    withdraws: bool
    """Whether an action nobody answers was never begun when it is withdrawn or the run rolled back."""

    def plan(self, run: Simulation, question: Question) -> Planned | None:
        """The answer to a question; None when there is none (a subflow is then simulated, if its template is given).

        For a late question None leaves it at the answer that was planned before.
        """

    def plan_event(self, run: Simulation, visit: str) -> Planned | None:
        """What ends the waiting of a visit for an event; None to leave it to events told otherwise."""

    def plan_exception(self, run: Simulation, visit: str) -> Planned | None:
        """What a person does about a visit that came to need one; None for nothing."""

    def plan_timer(self, run: Simulation, timer: str, at: datetime) -> tuple[datetime, int] | None:
        """When a timer is felt, and its order; None when it never is."""

    def looks_back(self, visit: str) -> bool:
        """Whether a visit that begins to wait gets a fitting event that came before."""

    def after_each(self, run: Simulation) -> bool:
        """Called on the outermost run after everything that happened; whether something was done (then again)."""


@dataclass(slots=True)
class Player:
    """Plays one simulation. `until` is the last moment anything happens at; None: to the end."""

    run: Simulation
    script: Script
    until: datetime | None = None
    agenda: list[tuple[datetime, int, int, Act]] = field(default_factory=list)
    placed: int = 0

    def plan(self, planned: Planned) -> None:
        """Put something on the agenda."""
        self.placed += 1
        heapq.heappush(self.agenda, (planned.at, planned.order, self.placed, planned.act))

    def play(self) -> None:
        """Go on until the run is over, nothing more is planned, or the time is up. Raise EndlessSimulation."""
        self.settle()
        while self.run.finished is None:
            happening = self._next()
            if happening is None or (self.until is not None and happening[0] > self.until):
                break
            at, act = happening
            self.move(at)
            act()
            self.settle()
        if self.until is not None and self.run.finished is None:
            self.move(self.until)

    def move(self, at: datetime) -> None:
        """Set the clock of every run; it never goes back."""
        for run in self.run.everyone():
            run.now = max(run.now, at)

    def settle(self) -> None:
        """Plan answers to new questions, begin and end subflows, until nothing is new."""
        while self._settle_once() or self.script.after_each(self.run):
            continue

    def _settle_once(self) -> bool:
        new = False
        for depth, run in _levels(self.run, 0):
            new = run.end_subflows() or new
            while run.asked or run.awaited or run.raised:
                new = True
                self._take(run, depth)
        return new

    def _take(self, run: Simulation, depth: int) -> None:
        if run.asked:
            question = run.asked.pop(0)
            if run.questions.get(question.key) is question:
                self._plan_answer(run, question, depth)
            return
        if run.raised:
            planned = self.script.plan_exception(run, run.raised.pop(0))
            if planned is not None:
                self.plan(planned)
            return
        visit = run.awaited.pop(0)
        looks_back = self.script.looks_back(visit) and not _is_recheck(run, visit)
        if visit in run.awaiting and looks_back and run.look_back(visit):
            return
        planned = self.script.plan_event(run, visit) if visit in run.awaiting else None
        if planned is not None:
            self.plan(planned)

    def _plan_answer(self, run: Simulation, question: Question, depth: int) -> None:
        if question.is_planned or question.visit in run.children:
            return
        planned = self.script.plan(run, question)
        if planned is None and question.former is not None:
            planned = _left_over(question.former)
        if planned is not None:
            question.is_planned, question.plan = True, planned
            held = planned.act
            self.plan(Planned(planned.at, planned.order, lambda: _answer(run, question, held)))
        elif (question.is_draining or question.is_late) and self.script.withdraws:
            error = StepError("withdrawn", "It was withdrawn before it was begun.")
            run.tell(FailStep(question.visit, error, epoch=question.epoch))
        else:
            run.begin_subflow(question, depth)

    def _next(self) -> tuple[datetime, Act] | None:
        found: tuple[datetime, int, Act] | None = None
        for run in self.run.everyone():
            for timer, due in run.timers.items():
                felt = self.script.plan_timer(run, timer, due)
                if felt is not None and (found is None or felt < found[:2]):
                    found = (*felt, _firing(run, timer))
        if self.agenda and (found is None or self.agenda[0][:2] <= found[:2]):
            at, _order, _number, act = heapq.heappop(self.agenda)
            return at, act
        return (found[0], found[2]) if found else None


def _levels(run: Simulation, depth: int) -> list[tuple[int, Simulation]]:
    inner = [level for child in list(run.children.values()) for level in _levels(child, depth + 1)]
    return [*inner, (depth, run)]


def _answer(run: Simulation, question: Question, act: Act) -> None:
    """Only what is still asked is answered."""
    if run.questions.get(question.key) is question:
        question.plan = None
        act()


def _left_over(question: Question) -> Planned | None:
    """The answer that was planned for a question before it was withdrawn, if it has not been given."""
    return question.plan if isinstance(question.plan, Planned) else None


def _firing(run: Simulation, timer: str) -> Act:
    return lambda: run.fire(timer)


def _is_recheck(run: Simulation, visit: str) -> bool:
    """Whether a failed check waits to be repeated: what came before it has been seen by it."""
    return run.state.visits[visit].status == "exception"
