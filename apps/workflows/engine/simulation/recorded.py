"""Run a recorded run again under another definition: the same questions get the recorded answers, others none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.workflows.engine.commands import Command, FailStep, RetryStep, SkipStep, StepError
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.schemas import value_problems
from apps.workflows.engine.simulation.play import LAST, Planned, Player
from apps.workflows.engine.simulation.records import LATE, PERSON, Record, Told
from apps.workflows.engine.simulation.world import (
    CalendarsFor,
    EndlessSimulation,
    Question,
    Simulation,
    standard_calendars,
)
from apps.workflows.engine.state import ROLLING_BACK

Json = dict[str, Any]
NEW = "new"
NO_FIT = "no_fit"
NOT_AWAITED = "not_awaited"
_ACCEPTED = ("notify",)
"""Work whose answer says nothing about the world: a new message counts as accepted."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question the record has no answer to, and which is still open at the end.

    `why`: it is `new`, its answer does not fit the form any more (`no_fit`), or the run had gone on without waiting for
    it (`not_awaited`).
    """

    visit: str
    kind: str
    why: str


@dataclass(slots=True)
class Rerun:
    """A recorded run under another definition, as far as the recorded answers carry it."""

    run: Simulation
    unanswered: list[Unanswered] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    is_endless: bool = False

    @property
    def is_stopped(self) -> bool:
        """Whether nobody can say how the run would have gone on."""
        return self.run.finished is None and (bool(self.unanswered) or self.is_endless)


ByPolicy = Callable[[Question], Json | None]
"""What rules answer by themselves, such as an approval that asks nobody; None when people must."""


def _nobody(_question: Question) -> Json | None:
    return None


def run_again(
    definition: Definition,
    record: Record,
    calendars_for: CalendarsFor = standard_calendars,
    by_policy: ByPolicy = _nobody,
) -> Rerun:
    """Run a record under a definition. A run that was not over is followed up to the end of the record."""
    run = Simulation(definition, record.began, calendars_for=calendars_for)
    rerun = Rerun(run)
    script = _RecordScript(record, rerun, by_policy)
    player = Player(run, script, None if record.is_finished else record.last)
    for at, order, what in record.by_itself:
        player.plan(Planned(at, order, _happening(run, what)))
    try:
        refused = run.start(record.start)
        if refused:
            rerun.unanswered.append(Unanswered("", "start", refused))
            return rerun
        player.play()
    except EndlessSimulation:
        rerun.is_endless = True
    script.note_unanswered()
    return rerun


@dataclass(slots=True)
class _RecordScript:
    record: Record
    rerun: Rerun
    by_policy: ByPolicy
    withdraws: bool = False
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    seen_to: dict[str, int] = field(default_factory=dict)
    open_ended: dict[str, tuple[Question, str]] = field(default_factory=dict)

    def plan(self, run: Simulation, question: Question) -> Planned | None:
        if question.is_late:
            late = self._next((question.key, LATE))
            if late is None:
                return None
            return Planned(question.not_before + late.after, late.order, _telling(run, question, late))
        self.rerun.asked.append(question)
        key = (question.visit, question.kind)
        told = self._next(key)
        if told is None:
            return self._unanswered(run, question)
        if told.output is not None and question.kind == "user_task":
            form = getattr(question.effect, "form", None)
            if form and value_problems(form, told.output):
                self._leave(question, NO_FIT)
                return None
        return Planned(question.not_before + told.after, told.order, _telling(run, question, told))

    def plan_event(self, run: Simulation, visit: str) -> Planned | None:
        return None

    def plan_exception(self, run: Simulation, visit: str) -> Planned | None:
        held = run.state.visits.get(visit)
        if held is None or self.seen_to.get(visit) == held.epoch:
            return None  # raised once more by a check that was repeated: the person comes for the first
        self.seen_to[visit] = held.epoch
        told = self._next((visit, PERSON))
        if told is None or told.deed is None:
            return None
        deed = told.deed
        return Planned(run.now + told.after, told.order, lambda: run.tell(deed))

    def plan_timer(self, run: Simulation, timer: str, at: datetime) -> tuple[datetime, int] | None:
        fired = self.record.timers.get((timer, run.timer_starts[timer]))
        if fired is not None:
            return at + fired.late, fired.order
        visit, _, purpose = timer.rpartition("/")
        if purpose in ("for", "until", "retry") or not self._might_be_answered(run, visit, at):
            return at, LAST
        return None

    def looks_back(self, visit: str) -> bool:
        # What a visit of the record got, and that it got nothing, is known; only a new one looks for itself.
        return visit not in self.record.silent

    def after_each(self, run: Simulation) -> bool:
        return False

    def note_unanswered(self) -> None:
        """What is still asked at the end, and what still waits for an event, unless it does in the record as well."""
        run, still_open = self.rerun.run, self.record.still_open
        if run.finished is not None:
            return
        for visit, (question, why) in self.open_ended.items():
            if run.questions.get(visit) is question and (visit, question.kind) not in still_open:
                self._note(visit, question.kind, why)
        for question in run.questions.values() if run.state.status == ROLLING_BACK else ():
            if question.is_late and (question.key, LATE) not in still_open:
                self._note(question.visit, question.kind, self._why(question.visit))
        for visit in run.awaiting:
            if run.state.visits[visit].status != "exception" and (visit, "event") not in still_open:
                self._note(visit, "event", self._why(visit))

    def _might_be_answered(self, run: Simulation, visit: str, at: datetime) -> bool:
        """Whether an unrecorded answer might have come before a timer: only then does nobody know that it fires."""
        if visit not in run.awaiting and visit not in self.open_ended:
            return False
        if visit not in self.record.silent:
            return True
        silent, since = self.record.silent[visit], run.state.visits[visit].since
        return silent is not None and at > datetime.fromisoformat(since) + silent

    def _unanswered(self, run: Simulation, question: Question) -> Planned | None:
        if question.kind in _ACCEPTED and question.visit not in self.record.silent:
            return Planned(question.not_before, LAST, lambda: run.answer(question, {}))
        answer = self.by_policy(question)
        if answer is not None:
            return Planned(question.not_before, LAST, lambda: run.answer(question, answer))
        self._leave(question, self._why(question.visit))
        return None

    def _leave(self, question: Question, why: str) -> None:
        self.open_ended[question.visit] = (question, why)

    def _why(self, visit: str) -> str:
        return NOT_AWAITED if visit in self.record.silent else NEW

    def _note(self, visit: str, kind: str, why: str) -> None:
        self.rerun.unanswered.append(Unanswered(visit, kind, why))

    def _next(self, key: tuple[str, str]) -> Told | None:
        number = self.taken.get(key, 0)
        told = self.record.told.get(key, [])
        if number >= len(told):
            return None
        self.taken[key] = number + 1
        return told[number]


def _telling(run: Simulation, question: Question, told: Told) -> Callable[[], object]:
    def tell() -> None:
        if told.deed is not None:
            run.tell(told.deed)
        elif told.error is not None:
            error = StepError(**told.error)
            if question.is_draining:
                run.tell(FailStep(question.visit, error))
            else:
                run.fail(question, error)
        else:
            run.answer(question, told.output or {}, told.actor)

    return tell


def _happening(run: Simulation, what: Json | Command) -> Callable[[], object]:
    if isinstance(what, dict):
        return lambda: run.receive(what)
    if isinstance(what, SkipStep | RetryStep):
        return lambda: run.tell(what) if what.visit in run.state.visits else None
    return lambda: run.tell(what)
