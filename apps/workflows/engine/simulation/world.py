"""A simulated run: what `decide` asks for is kept as questions, timers and waits until somebody answers.

Nothing here knows the kinds of steps: a question is whatever a visit says is pending, so new kinds work by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from apps.workflows.engine.commands import (
    Cancel,
    Command,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    ReceiveEvent,
    RollBack,
    Start,
    StepError,
)
from apps.workflows.engine.decide import decide
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import (
    AwaitEvent,
    CloseWork,
    Effect,
    RaiseException,
    RollBackChild,
    RunFinished,
    SendMessage,
    StartTimer,
    StopAwaiting,
    StopTimer,
)
from apps.workflows.engine.history import HistoryEvent, step_of
from apps.workflows.engine.late import find_late
from apps.workflows.engine.offsets import STANDARD, Calendars
from apps.workflows.engine.state import RunState, late_id

Json = dict[str, Any]

RUN_ID = "00000000-0000-7000-8000-000000000000"
"""Id of every simulated run: the spread of retries depends on it, and a simulation is the same each time."""
QUERY = "query"
SUBFLOW = "subflow"
MAX_COMMANDS = 5_000
MAX_DEPTH = 8
"""Subflows inside one another."""


CalendarsFor = Callable[[Definition, Any], Calendars]
"""Which calendars a simulated run counts in, by its template and its subject."""


def standard_calendars(_definition: Definition, _subject: Any) -> Calendars:
    """Nine to five in UTC, for every run: where no workspace is at hand."""
    return STANDARD


class EndlessSimulation(Exception):
    """More commands followed than any sensible run needs."""


@dataclass(slots=True, eq=False)
class Question:
    """What a visit waits to be told. `kind` is the pending work (approval, action, query, ...); `asked` what was asked.

    It cannot be answered before `not_before`, the time of a planned attempt. A late one is what became of `former`, a
    question that was withdrawn.
    """

    visit: str
    kind: str
    since: datetime
    not_before: datetime
    epoch: int
    attempt: int
    effect: Effect
    is_planned: bool = False
    is_draining: bool = False
    is_called_back: bool = False
    former: Question | None = None
    plan: object = None

    @property
    def is_late(self) -> bool:
        """Whether nothing but a roll-back waits for the answer."""
        return self.former is not None

    @property
    def key(self) -> str:
        """What it is kept under: its visit, and beside what the visit asks now if it is late."""
        return late_id(self.visit, self.epoch) if self.is_late else self.visit

    @property
    def step(self) -> str:
        """Id of the step that asks."""
        return step_of(self.visit)

    @property
    def is_undo(self) -> bool:
        """Whether it is a compensation that waits."""
        return self.visit.endswith("~undo")

    @property
    def asked(self) -> Json:
        """The question as the effect put it, by name."""
        return {item.name: getattr(self.effect, item.name) for item in fields(self.effect)}


@dataclass(slots=True)
class Simulation:
    """One simulated run, with those of its subflows as `children` by visit.

    `definitions` are the templates that subflows may run, by key; others are questions like any. `seen` holds all
    events told so far, because a wait also takes what came before it.
    """

    definition: Definition
    now: datetime
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    prefix: str = ""
    state: RunState = field(default_factory=RunState)
    history: list[HistoryEvent] = field(default_factory=list)
    questions: dict[str, Question] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    timer_starts: dict[str, int] = field(default_factory=dict)
    awaiting: dict[str, AwaitEvent] = field(default_factory=dict)
    messages: list[SendMessage] = field(default_factory=list)
    children: dict[str, Simulation] = field(default_factory=dict)
    ended: dict[str, Simulation] = field(default_factory=dict)
    """Runs of subflows that are over and may be rolled back, by visit and epoch."""
    seen: list[Json] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    calendars_for: CalendarsFor = standard_calendars
    calendars: Calendars = field(default_factory=lambda: STANDARD)
    finished: RunFinished | None = None
    commands: int = 0

    def start(self, command: Start) -> str:
        """Begin the run; return why not, or ''."""
        self.calendars = self.calendars_for(self.definition, command.subject)
        return self.tell(command)

    def everyone(self) -> Iterator[Simulation]:
        """This run and those inside it."""
        yield self
        for child in list(self.children.values()):
            yield from child.everyone()

    def tell(self, command: Command) -> str:
        """Decide a command and keep what follows from it; return why it was refused, or ''."""
        self.commands += 1
        if self.commands > MAX_COMMANDS:
            raise EndlessSimulation
        late = find_late(self.state, command) if isinstance(command, CompleteStep | FailStep) else None
        decision = decide(self.definition, self.state, command, self.now, self.calendars)
        if decision.refused:
            return decision.refused
        if isinstance(command, CompleteStep | FailStep | FactsGathered):
            self.questions.pop(late.id if late else command.visit, None)
        if isinstance(command, FireTimer):
            self.timers.pop(command.timer, None)
        self.state = decision.state
        self.history += decision.events
        for effect in decision.effects:
            self._keep(effect)
        self._forget_closed()
        return ""

    def answer(self, question: Question, output: Json, actor: Json | None = None) -> str:
        """Answer a question with an output (the facts, for a query); return why it was refused, or ''."""
        if question.kind == QUERY:
            return self.tell(FactsGathered(question.visit, output))
        return self.tell(
            CompleteStep(
                question.visit, output, actor=actor, epoch=question.epoch, attempt=self._attempt(question)
            )
        )

    def fail(self, question: Question, error: StepError) -> str:
        """Answer a question with a failure; return why it was refused, or ''."""
        return self.tell(
            FailStep(question.visit, error, epoch=question.epoch, attempt=self._attempt(question))
        )

    def fire(self, timer: str) -> str:
        """A timer comes due."""
        refused = self.tell(FireTimer(timer))
        if refused:
            self.timers.pop(timer, None)
        return refused

    def receive(self, event: Json) -> int:
        """An event happens: it is kept, and every visit that waits for it gets it. Return how many took it."""
        taken = 0
        for run in self.everyone():
            run.seen.append(event)
            for visit in list(run.awaiting):
                taken += not run.tell(ReceiveEvent(visit, event))
        return taken

    def look_back(self, visit: str) -> bool:
        """Give a visit that has begun to wait the first fitting event that came before; return whether one did."""
        for event in self.seen:
            if visit not in self.awaiting:
                return False
            if event.get("type") == self.awaiting[visit].type and not self.tell(ReceiveEvent(visit, event)):
                return True
        return False

    def begin_subflow(self, question: Question, depth: int) -> Simulation | None:
        """Simulate the template that a subflow asks for; None when it is not given (or nested too deep)."""
        asked = question.asked
        definition = self.definitions.get(str(asked.get("template")))
        if question.kind != SUBFLOW or definition is None or depth >= MAX_DEPTH:
            return None
        child = Simulation(
            definition,
            self.now,
            self.definitions,
            f"{self.prefix}{question.step}/",
            seen=list(self.seen),
            calendars_for=self.calendars_for,
        )
        self.children[question.visit] = child
        run = {"id": RUN_ID, "name": definition.name, "template": definition.key}
        subject = self.state.start.get("subject")
        child.start(Start(asked.get("input") or {}, run, None, subject, child=True))
        return child

    def end_subflows(self) -> bool:
        """Answer the questions whose subflow has ended; return whether there were any."""
        ended = [visit for visit, child in self.children.items() if child.finished is not None]
        for visit in ended:
            child, question = self.children.pop(visit), self.questions.get(visit)
            if question is None or child.finished is None:
                continue
            outcome = child.finished.outcome
            if question.is_undo:
                self.answer(question, {"run_id": RUN_ID, "outcome": outcome})
            elif outcome in ("cancelled", "rolled_back"):
                message = f"The run “{child.definition.name}” ended {outcome.replace('_', ' ')}."
                self.fail(question, StepError("subflow_not_completed", message))
            else:
                self.ended[late_id(visit, question.epoch)] = child
                output = {"run_id": RUN_ID, "outcome": outcome, "steps": child.state.outputs}
                self.answer(question, output)
        return bool(ended)

    def _keep(self, effect: Effect) -> None:
        match effect:
            case StartTimer():
                self.timers[effect.timer] = effect.at
                self.timer_starts[effect.timer] = self.timer_starts.get(effect.timer, 0) + 1
            case StopTimer():
                self.timers.pop(effect.timer, None)
            case AwaitEvent():
                self.awaiting[effect.visit] = effect
                self.awaited.append(effect.visit)
            case StopAwaiting():
                self.awaiting.pop(effect.visit, None)
            case CloseWork():
                self._close(effect)
            case RollBackChild():
                self._roll_back_child(effect)
            case RunFinished():
                self.finished = effect
            case RaiseException():
                self.raised.append(effect.visit)
            case _:
                self._ask(effect)

    def _ask(self, effect: Effect) -> None:
        if isinstance(effect, SendMessage):
            self.messages.append(effect)
        visit = self.state.visits.get(getattr(effect, "visit", ""))
        pending = visit.work.get("pending") if visit else None
        if visit is None or not pending or not hasattr(effect, "epoch"):
            return
        held = self.questions.get(visit.id)
        if (
            held is not None
            and held.is_called_back
            and (held.epoch, held.attempt) == (visit.epoch, visit.attempt)
        ):
            held.is_called_back = False
            return
        not_before = getattr(effect, "run_at", None) or self.now
        question = Question(visit.id, pending, self.now, not_before, visit.epoch, visit.attempt, effect)
        self.questions[visit.id] = question
        self.asked.append(question)

    def _close(self, effect: CloseWork) -> None:
        question = self.questions.get(effect.visit)
        if effect.reason == "paused":
            if question is not None:
                question.is_called_back = True
            return
        key = late_id(effect.visit, effect.epoch)
        if effect.drain and question is not None and effect.kind != SUBFLOW:
            if key in self.state.late:
                del self.questions[effect.visit]
                question = replace(
                    question,
                    since=self.now,
                    not_before=self.now,
                    former=question,
                    is_planned=False,
                    plan=None,
                )
                self.questions[key] = question
            else:
                question.is_draining = True
            self.asked.append(question)
            return
        self.questions.pop(key if key in self.questions else effect.visit, None)
        child = self.children.pop(effect.visit, None)
        if child is not None and effect.drain:
            child.tell(Cancel("it is no longer needed", undoable=True))
            self.ended[key] = child

    def _roll_back_child(self, effect: RollBackChild) -> None:
        child = self.children.get(effect.visit) or self.ended.pop(
            late_id(effect.child_visit, effect.child_epoch), None
        )
        if effect.visit != effect.child_visit:
            self._ask(effect)
        elif child is None:
            question = self.questions[effect.visit]
            question.is_draining = True
            self.asked.append(question)
        if child is not None:
            self.children[effect.visit] = child
            child.now, child.finished = max(child.now, self.now), None
            child.tell(RollBack("it is rolled back with the run that started it", by_parent=True))

    def _forget_closed(self) -> None:
        for kept in (self.questions, self.awaiting, self.children):
            for key in [key for key in kept if key not in self.state.visits and key not in self.state.late]:
                del kept[key]

    @staticmethod
    def _attempt(question: Question) -> int | None:
        """The attempt an answer is for; only work that counts its attempts says so."""
        return question.attempt if hasattr(question.effect, "attempt") else None
