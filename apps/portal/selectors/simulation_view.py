"""What the page of a simulation shows: the questions with their forms, the clock, the diagram, the story. Reads only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from apps.core.wording import span_in_words
from apps.portal.diagrams import simulation_diagram
from apps.portal.history_teller import Told
from apps.portal.history_words import tell
from apps.portal.schema_forms import SchemaForm, form_for
from apps.portal.wording import facts_of, joined
from apps.workflows.engine.simulation.scenario import Played, example_event
from apps.workflows.engine.simulation.world import Question, Simulation

Json = dict[str, Any]
KIND_WORDS = {
    "approval": "A decision",
    "user_task": "A task",
    "action": "A system's answer",
    "query": "Facts for a check",
    "subflow": "The result of another workflow",
    "assist": "A proposal",
}


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """One question: ``way`` says how it is answered: approval, form or json."""

    visit: str
    name: str
    what: str
    way: str
    may_fail: bool
    since: datetime
    facts: Any
    asked: str
    form: SchemaForm | None
    example: str


@dataclass(frozen=True, slots=True)
class ShownWait:
    """A step that waits for an event; ``example`` is the data that ends the waiting."""

    name: str
    type: str
    example: str


@dataclass(frozen=True, slots=True)
class ShownException:
    """A step that needs a person."""

    visit: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class SimulationView:
    """The whole page."""

    played: Played
    title: str
    elapsed: str
    questions: list[ShownQuestion]
    waits: list[ShownWait]
    exceptions: list[ShownException]
    next_step: str
    next_in: str
    next_at: datetime | None
    story: list[Told]
    diagram: SafeString

    @property
    def is_over(self) -> bool:
        """Whether the simulated run has ended."""
        return self.played.run.finished is not None


def view_of(played: Played, bound: Mapping[str, SchemaForm]) -> SimulationView:
    """The page of a simulation; ``bound`` holds forms that were sent and did not fit, by visit."""
    run = played.run
    questions = [_question(one, question, bound) for one, question in played.questions()]
    waits = [_wait(one, visit) for one, visit in played.waits()]
    exceptions = [
        ShownException(one.prefix + held.id, _name(one, held.step), _message(one, held.id))
        for one, held in played.exceptions()
    ]
    timer = played.next_timer()
    return SimulationView(
        played=played,
        title=_title(played, questions, waits, exceptions),
        elapsed=span_in_words(run.now - played.began),
        questions=questions,
        waits=waits,
        exceptions=exceptions,
        next_step=_timer_name(run, timer[1]) if timer else "",
        next_in=span_in_words(timer[0] - run.now) if timer else "",
        next_at=timer[0] if timer else None,
        story=list(reversed(tell(run.definition, run.history))),
        diagram=simulation_diagram(run),
    )


def _title(
    played: Played,
    questions: list[ShownQuestion],
    waits: list[ShownWait],
    exceptions: list[ShownException],
) -> str:
    if played.run.finished is not None:
        return f"The run ended: {played.run.finished.outcome.replace('_', ' ')}"
    if exceptions:
        return f"{joined(f'“{one.name}”' for one in exceptions)} needs a person"
    names = [one.name for one in questions] or [one.name for one in waits]
    if names:
        return f"The run waits at {joined(f'“{name}”' for name in dict.fromkeys(names))}"
    return "The run waits for time to pass"


def _question(run: Simulation, question: Question, bound: Mapping[str, SchemaForm]) -> ShownQuestion:
    visit, asked = run.prefix + question.visit, question.asked
    way = {"approval": "approval", "user_task": "form"}.get(question.kind, "json")
    form = None
    if way == "form":
        form = bound.get(visit) or form_for(asked.get("form") or {}, prefill=asked.get("prefill") or {})
        form.auto_id = f"{visit.replace('#', '-').replace('/', '-')}-%s"
    handed = asked.get("input") if way == "json" else None
    return ShownQuestion(
        visit=visit,
        name=_name(run, question.step),
        what=KIND_WORDS.get(question.kind, question.kind.replace("_", " ").capitalize()),
        way=way,
        may_fail=way == "json",
        since=question.since,
        facts=facts_of(asked.get("show") or {}),
        asked=_json(handed) if handed else "",
        form=form,
        example="{}",
    )


def _wait(run: Simulation, visit: str) -> ShownWait:
    event = example_event(run, visit)
    step = run.state.visits[visit].step
    return ShownWait(_name(run, step), run.awaiting[visit].type, _json(event.get("data") or {}))


def _message(run: Simulation, visit: str) -> str:
    raised = [event for event in run.history if event.visit == visit and event.kind == "exception_raised"]
    return str(raised[-1].data["message"]) if raised else ""


def _name(run: Simulation, step: str) -> str:
    held = run.definition.places.get(step)
    name = held.step.name if held else step
    return f"{run.definition.name}: {name}" if run.prefix else name


def _timer_name(run: Simulation, step: str) -> str:
    held = run.definition.places.get(step)
    return held.step.name if held else step


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
