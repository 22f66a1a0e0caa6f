"""The script of a test case: who answers what, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.workflows.engine.commands import Cancel, RetryStep, RollBack, SkipStep, StepError
from apps.workflows.engine.history import step_of
from apps.workflows.engine.problems import TemplateProblem
from apps.workflows.engine.schemas import value_problems
from apps.workflows.engine.simulation.cases import Answer, Case, Happening
from apps.workflows.engine.simulation.play import FIRST, LAST, Planned
from apps.workflows.engine.simulation.world import Question, Simulation

Json = dict[str, Any]
_ANSWER_THEMSELVES = ("notify", "compensation")
"""Kinds of work that succeed when the case says nothing: messages are accepted, compensations done."""
_PERSON: Json = {"kind": "user", "label": "Somebody"}


@dataclass(slots=True)
class CaseScript:
    """Answers by the case; what went wrong with an answer itself is in `problems`."""

    case: Case
    asked: dict[str, int] = field(default_factory=dict)
    waiting: list[Happening] = field(default_factory=list)
    problems: list[TemplateProblem] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    withdraws: bool = True

    def plan(self, run: Simulation, question: Question) -> Planned | None:
        """The next answer for the step; the last one holds for every later question."""
        if question.is_late:
            return None
        key = run.prefix + question.step + ("~undo" if question.is_undo else "")
        answer = self._next(key)
        if answer is None and question.kind in _ANSWER_THEMSELVES:
            return Planned(question.not_before, FIRST, lambda: run.answer(question, {}))
        if answer is None or answer.event is not None:
            self.unanswered.append(key)
            return None
        at = max(run.now + answer.after, question.not_before)
        return Planned(at, FIRST, self._act(run, question, answer, key))

    def plan_event(self, run: Simulation, visit: str) -> Planned | None:
        """The event the case answers a wait with."""
        key = run.prefix + step_of(visit)
        answer = self._next(key)
        if answer is None or answer.event is None:
            return None
        event = {"id": f"{key}", "type": run.awaiting[visit].type, "data": {}, **answer.event}
        at = run.now + answer.after

        def receive() -> None:
            if visit in run.awaiting and not run.receive({**event, "time": at.isoformat()}):
                message = f"The event for '{key}' does not match what the step waits for."
                self._problem("no_match", message, f"answers.{key}")

        return Planned(at, FIRST, receive)

    def plan_exception(self, run: Simulation, visit: str) -> Planned | None:
        """Nobody steps in but by what the case says under `then`."""
        return None

    def plan_timer(self, run: Simulation, timer: str, at: datetime) -> tuple[datetime, int] | None:
        """Timers are felt when they are due."""
        return at, LAST

    def looks_back(self, visit: str) -> bool:
        return True

    def after_each(self, run: Simulation) -> bool:
        """Do what waits to become possible; the first of the list alone."""
        if not self.waiting or run.finished is not None:
            return False
        happening = self.waiting[0]
        if not self._is_possible(run, happening):
            return False
        self.waiting.pop(0)
        self.do(run, happening)
        return True

    def do(self, run: Simulation, happening: Happening) -> None:
        """Let something happen now; a refusal is a problem of the case."""
        if happening.do == "event":
            run.receive({"id": happening.path, "time": run.now.isoformat(), **happening.data})
            return
        refused = self._refusal(run, happening)
        if refused:
            message = f"'{happening.do}' was not possible then: {refused.replace('_', ' ')}."
            self.problems.append(TemplateProblem("refused", message, happening.path))

    def _refusal(self, run: Simulation, happening: Happening) -> str:
        visit = _open_visit(run, happening.target)
        match happening.do:
            case "cancel":
                return run.tell(Cancel(happening.target, _PERSON))
            case "roll_back":
                return run.tell(RollBack(happening.target, _PERSON))
            case "retry":
                return run.tell(RetryStep(visit, _PERSON, "", happening.data.get("input")))
            case "skip":
                return run.tell(SkipStep(visit, happening.data.get("output") or {}, _PERSON))
        question = run.questions.get(visit)
        if question is None:
            return "nothing is asked there"
        return run.answer(question, happening.data.get("output") or {})

    @staticmethod
    def _is_possible(run: Simulation, happening: Happening) -> bool:
        if happening.do == "event":
            types = {awaits.type for one in run.everyone() for awaits in one.awaiting.values()}
            return happening.data.get("type") in types
        if happening.do in ("cancel", "roll_back"):
            return True
        visit = _open_visit(run, happening.target)
        if happening.do == "complete":
            return visit in run.questions
        return bool(visit) and run.state.visits[visit].status == "exception"

    def _next(self, key: str) -> Answer | None:
        answers = self.case.answers.get(key, ())
        number = self.asked[key] = self.asked.get(key, 0) + 1
        for answer in answers:
            number -= answer.times
            if number <= 0:
                return answer
        return answers[-1] if answers else None

    def _act(self, run: Simulation, question: Question, answer: Answer, key: str) -> Callable[[], None]:
        def act() -> None:
            if answer.error is not None:
                run.fail(question, StepError(**answer.error))
                return
            output = answer.output or {}
            for problem in value_problems(getattr(question.effect, "form", None) or {}, output):
                where = f"{problem.path}: " if problem.path else ""
                self._problem(
                    "answer", f"The answer for '{key}' does not fit its form: {where}{problem.message}", key
                )
            run.answer(question, output, _PERSON if question.kind in ("approval", "user_task") else None)

        return act

    def _problem(self, code: str, message: str, key: str) -> None:
        path = f"{self.case.path}.answers.{key.removeprefix('answers.')}"
        self.problems.append(TemplateProblem(code, message, path))


def _open_visit(run: Simulation, step: str) -> str:
    """The open visit of a step, or '' when it has none."""
    return next((visit for visit in run.state.visits if step_of(visit) == step), "")
