"""A simulation that a person clicks through: what began it and every move, played again each time it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.core.expressions import ExpressionError, expression_view
from apps.workflows.engine.commands import Cancel, RetryStep, RollBack, SkipStep, Start, StepError
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.durations import format_duration, parse_duration
from apps.workflows.engine.history import step_of
from apps.workflows.engine.matching import known_event
from apps.workflows.engine.schemas import value_problems
from apps.workflows.engine.simulation.cases import START
from apps.workflows.engine.simulation.play import FIRST, LAST, Planned, Player
from apps.workflows.engine.simulation.world import (
    RUN_ID,
    CalendarsFor,
    EndlessSimulation,
    Question,
    Simulation,
    standard_calendars,
)
from apps.workflows.engine.state import Visit
from apps.workflows.engine.triggers import begin_from_event, input_problems

Json = dict[str, Any]
MAX_MOVES = 300
MAX_CLOCK = timedelta(days=3650)
_THEMSELVES = ("notify", "compensation")
_PERSON: Json = {"kind": "user", "label": "Somebody"}


class MoveRefused(Exception):
    """A move that the simulation does not accept; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(slots=True)
class Played:
    """A simulation after all its moves. `answers` and `then` are what a test case of it would say."""

    run: Simulation
    answers: dict[str, list[Json]] = field(default_factory=dict)
    then: list[Json] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        """When the simulated run began."""
        return self.run.history[0].at if self.run.history else self.run.now

    def next_timer(self) -> tuple[datetime, str] | None:
        """The nearest timer or planned attempt: when, and of which step."""
        found = [
            (at, one.prefix + step_of(timer.rpartition("/")[0]))
            for one in self.run.everyone()
            for timer, at in one.timers.items()
        ]
        found += [
            (question.not_before, one.prefix + question.step)
            for one, question in self.questions()
            if question.not_before > self.run.now
        ]
        return min(found, default=None)

    def questions(self) -> list[tuple[Simulation, Question]]:
        """What waits to be answered by hand; a subflow that is simulated asks by its own questions."""
        return [
            (one, question)
            for one in self.run.everyone()
            for question in one.questions.values()
            if question.visit not in one.children
        ]

    def waits(self) -> list[tuple[Simulation, str]]:
        """Visits that wait for an event."""
        return [(one, visit) for one in self.run.everyone() for visit in one.awaiting]

    def exceptions(self) -> list[tuple[Simulation, Visit]]:
        """Visits that need a person."""
        return [(one, visit) for one in self.run.everyone() for visit in one.state.exceptions]


def play_scenario(
    definition: Definition,
    definitions: Mapping[str, Definition],
    begin: Mapping[str, Any],
    moves: list[Json],
    calendars_for: CalendarsFor = standard_calendars,
) -> Played:
    """Play a simulation from its beginning. Raise MoveRefused for the first move that does not apply (any more)."""
    at = datetime.fromisoformat(begin["at"]) if begin.get("at") else START
    run = Simulation(definition, at, definitions, calendars_for=calendars_for)
    played = Played(run)
    player = Player(run, _ByHand(), at)
    try:
        run.start(_start(definition, begin, at))
        player.play()
        for move in moves[:MAX_MOVES]:
            _move(played, player, move)
    except EndlessSimulation:
        raise MoveRefused("The run goes round without an end.") from None
    return played


def example_event(run: Simulation, visit: str) -> Json:
    """The event a visit waits for, with the values it must have."""
    awaits = run.awaiting[visit]
    return known_event({"type": awaits.type, "match": awaits.match, "scope": awaits.scope}, run.now)


def case_of(played: Played, name: str, begin: Mapping[str, Any]) -> Json:
    """The simulation as a test case: what was answered, and what came of it."""
    run = played.run
    case: Json = {"name": name, "at": played.began.isoformat()}
    for key in ("event", "input", "subject"):
        if begin.get(key):
            case[key] = begin[key]
    if "event" not in case:
        case.setdefault("input", {})
    answers = {key: found[0] if len(found) == 1 else found for key, found in played.answers.items()}
    if answers:
        case["answers"] = answers
    if played.then:
        case["then"] = played.then
    if run.finished is None:
        case["until"] = format_duration(run.now - played.began)
    return case


class _ByHand:
    """Messages are accepted, compensations done; all else waits for a person."""

    withdraws = True

    def plan(self, run: Simulation, question: Question) -> Planned | None:
        if question.kind in _THEMSELVES:
            return Planned(question.not_before, FIRST, lambda: run.answer(question, {}))
        return None

    def plan_event(self, run: Simulation, visit: str) -> Planned | None:
        return None

    def plan_exception(self, run: Simulation, visit: str) -> Planned | None:
        return None

    def plan_timer(self, run: Simulation, timer: str, at: datetime) -> tuple[datetime, int] | None:
        return at, LAST

    def looks_back(self, visit: str) -> bool:
        return True

    def after_each(self, run: Simulation) -> bool:
        return False


def _start(definition: Definition, begin: Mapping[str, Any], at: datetime) -> Start:
    given, subject, event = begin.get("input"), begin.get("subject"), begin.get("event")
    if event:
        event = {"id": "start", "time": at.isoformat(), "subject": "", "data": {}, **event}
        try:
            found = begin_from_event(definition, expression_view(event), at)
        except ExpressionError as error:
            raise MoveRefused(f"The trigger fails on this event: {error.message}") from error
        given = given or found.input
        subject = subject or found.subject
    problems = input_problems(definition, given or {})
    if problems:
        raise MoveRefused("The input does not fit: " + "; ".join(_told(one) for one in problems))
    about = {"id": RUN_ID, "name": definition.name, "template": definition.key, "started_by": _PERSON}
    return Start(given or {}, about, event or None, subject)


def _told(problem: Any) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else str(problem.message)


def _move(played: Played, player: Player, move: Json) -> None:
    run = played.run
    if run.finished is not None:
        raise MoveRefused("The run is over.")
    _MOVES[str(move.get("do"))](played, move)
    if move["do"] in ("clock", "next"):
        player.until = _until(played, move)
    else:
        player.until = run.now
    player.play()


def _until(played: Played, move: Json) -> datetime:
    run = played.run
    if move["do"] == "next":
        timer = played.next_timer()
        if timer is None:
            raise MoveRefused("Nothing is planned: time alone changes nothing now.")
        return max(timer[0], run.now)
    try:
        until = run.now + parse_duration(str(move.get("by")))
    except (ValueError, OverflowError) as error:
        raise MoveRefused(str(error)) from error
    if until - played.began > MAX_CLOCK:
        raise MoveRefused("The clock goes no further than ten years.")
    return until


def _answer(played: Played, move: Json) -> None:
    run, question = _question(played, move)
    since = max(question.since, question.not_before)
    run.now = max(run.now, question.not_before)
    key = run.prefix + question.step + ("~undo" if question.is_undo else "")
    after = format_duration(run.now - question.since)
    shown: Json = {"after": after} if run.now > since else {}
    if "error" in move:
        code = str(move["error"].get("code") or "failed")
        said = str(move["error"].get("message") or f"It failed with {code}.")
        error = {"code": code, "message": said, "retryable": move["error"].get("retryable") is not False}
        played.answers.setdefault(key, []).append({"error": error, **shown})
        run.fail(question, StepError(code, said, bool(error["retryable"])))
        return
    output = dict(move.get("output") or {})
    problems = value_problems(getattr(question.effect, "form", None) or {}, output)
    if problems:
        raise MoveRefused("The form: " + "; ".join(_told(one) for one in problems))
    what = "facts" if question.kind == "query" else "output"
    answer: Json = {what: output}
    if question.kind == "approval":
        answer = {"outcome": output.get("outcome", "approved")}
        if output.get("comment"):
            answer["comment"] = output["comment"]
    played.answers.setdefault(key, []).append({**answer, **shown})
    run.answer(question, output, _PERSON if question.kind in ("approval", "user_task") else None)


def _event(played: Played, move: Json) -> None:
    run = played.run
    event = {"type": str(move.get("type")), "data": dict(move.get("data") or {})}
    played.then.append({"after": format_duration(run.now - played.began), "event": event})
    run.receive({"id": f"event-{len(played.then)}", "subject": "", "time": run.now.isoformat(), **event})


def _mend(played: Played, move: Json) -> None:
    visit = str(move.get("visit"))
    for run, held in played.exceptions():
        if run.prefix + held.id == visit:
            break
    else:
        raise MoveRefused("No exception is open there.")
    after = format_duration(played.run.now - played.began)
    if move["do"] == "retry":
        run.tell(RetryStep(held.id, _PERSON))
        played.then.append({"after": after, "retry": held.step})
    else:
        output = dict(move.get("output") or {})
        run.tell(SkipStep(held.id, output, _PERSON))
        played.then.append({"after": after, "skip": held.step, "output": output})


def _stop(played: Played, move: Json) -> None:
    run = played.run
    reason = str(move.get("reason") or "simulated")
    command = Cancel(reason, _PERSON) if move["do"] == "cancel" else RollBack(reason, _PERSON)
    if run.tell(command):
        raise MoveRefused("The run is being rolled back already.")
    played.then.append({"after": format_duration(run.now - played.began), move["do"]: reason})


def _clock(_played: Played, _move_made: Json) -> None:
    """The clock is moved after the move."""


def _question(played: Played, move: Json) -> tuple[Simulation, Question]:
    visit = str(move.get("visit"))
    for run, question in played.questions():
        if run.prefix + question.visit == visit:
            return run, question
    raise MoveRefused("Nothing is asked there any more.")


_MOVES = {
    "answer": _answer,
    "event": _event,
    "retry": _mend,
    "skip": _mend,
    "cancel": _stop,
    "roll_back": _stop,
    "clock": _clock,
    "next": _clock,
}
MOVES = tuple(_MOVES)
