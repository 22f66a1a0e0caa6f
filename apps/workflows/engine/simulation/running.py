"""Run test cases on the pure core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from apps.core.expressions import ExpressionError, expression_view
from apps.workflows.engine.commands import Start
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.durations import format_duration
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.simulation.case_calendars import stated_calendars
from apps.workflows.engine.simulation.cases import Case, Suite, read_suite
from apps.workflows.engine.simulation.coverage import Coverage, measure_coverage
from apps.workflows.engine.simulation.judging import Difference, elapsed_of, judge, path_of, standing_at
from apps.workflows.engine.simulation.play import FIRST, Planned, Player
from apps.workflows.engine.simulation.scripted import CaseScript
from apps.workflows.engine.simulation.world import (
    RUN_ID,
    CalendarsFor,
    EndlessSimulation,
    Simulation,
    standard_calendars,
)
from apps.workflows.engine.triggers import begin_from_event, input_problems, trigger_matches

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case: green when there are no `differences`. `line` is where each stands, by its path."""

    name: str
    line: int
    differences: tuple[Difference, ...]
    path: tuple[str, ...] = ()
    outcome: str = "running"
    waiting: tuple[str, ...] = ()
    elapsed: timedelta = timedelta()
    lines: dict[str, int] = field(default_factory=dict)
    history: tuple[HistoryEvent, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences

    def to_json(self) -> Json:
        """The result for an API answer."""
        return {
            "name": self.name,
            "line": self.line,
            "passed": self.passed,
            "began": bool(self.history),
            "outcome": self.outcome,
            "path": list(self.path),
            "waiting": list(self.waiting),
            "elapsed": format_duration(self.elapsed),
            "differences": [
                {
                    "what": one.what,
                    "message": one.message,
                    "path": one.path,
                    "line": self.lines.get(one.path, self.line),
                    "expected": one.expected,
                    "got": one.got,
                }
                for one in self.differences
            ],
        }


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """The results of all cases, with what they covered; without results when the text itself has errors."""

    suite: Suite
    results: tuple[CaseResult, ...]
    coverage: Coverage

    @property
    def passed(self) -> bool:
        """Whether the text can be read and every case is green."""
        return self.suite.is_valid and all(result.passed for result in self.results)

    @property
    def failed(self) -> list[CaseResult]:
        """The cases that are not green."""
        return [result for result in self.results if not result.passed]


def run_tests(
    text: str,
    definition: Definition,
    definitions: Mapping[str, Definition],
    calendars_for: CalendarsFor = standard_calendars,
) -> SuiteResult:
    """Read and run every case of a template. Never raises.

    `definitions` are those its subflows may run, `calendars_for` holds where a case states no calendars of its own.
    """
    suite = read_suite(text, definition)
    results = tuple(run_suite(suite, definition, definitions, calendars_for)) if suite.is_valid else ()
    return SuiteResult(suite, results, measure_coverage(definition, (result.history for result in results)))


def run_suite(
    suite: Suite,
    definition: Definition,
    definitions: Mapping[str, Definition],
    calendars_for: CalendarsFor = standard_calendars,
) -> Iterator[CaseResult]:
    """Run the cases of a valid suite one by one."""
    for case in suite.cases:
        yield run_case(case, definition, definitions, suite, calendars_for)


def run_case(
    case: Case,
    definition: Definition,
    definitions: Mapping[str, Definition],
    suite: Suite,
    calendars_for: CalendarsFor = standard_calendars,
) -> CaseResult:
    """Run one case."""
    run = Simulation(definition, case.at, definitions, calendars_for=_calendars_for(case, calendars_for))
    script = CaseScript(case, waiting=[item for item in case.then if item.at is None])
    differences = _begin(run, case)
    if not differences:
        differences = _play(run, case, script)
    differences += [Difference("script", item.message, item.path) for item in script.problems]
    if run.history:
        differences += [found for expected in case.expect for found in judge(run, expected)]
    return CaseResult(
        name=case.name,
        line=case.line,
        differences=tuple(differences),
        path=tuple(path_of(run.history)),
        outcome=run.finished.outcome if run.finished else "running",
        waiting=tuple(standing_at(run)),
        elapsed=elapsed_of(run),
        lines={one.path: suite.report.source.position(one.path)[0] for one in differences},
        history=tuple(run.history),
    )


def _calendars_for(case: Case, otherwise: CalendarsFor) -> CalendarsFor:
    if not case.calendars:
        return otherwise
    return lambda definition, _subject: stated_calendars(case.calendars, definition)


def _begin(run: Simulation, case: Case) -> list[Difference]:
    definition, event = run.definition, case.event
    given, subject = case.input, case.subject
    if event is not None:
        event = {"id": "start", "time": case.at.isoformat(), "subject": "", "data": {}, **event}
        try:
            if definition.trigger and not trigger_matches(definition, expression_view(event), case.at):
                return [
                    Difference(
                        "event", "The event does not start a run of this template.", f"{case.path}.event"
                    )
                ]
            begin = begin_from_event(definition, expression_view(event), case.at)
        except ExpressionError as error:
            return [
                Difference("event", f"The trigger fails on this event: {error.message}", f"{case.path}.event")
            ]
        given = begin.input if given is None else given
        subject = begin.subject if subject is None else subject
    problems = input_problems(definition, given or {})
    if problems:
        where = f"{case.path}.input" if case.input is not None else f"{case.path}.event"
        return [
            Difference("input", f"The input does not fit: {item.message}", f"{where}.{item.path}".rstrip("."))
            for item in problems
        ]
    about = {"id": RUN_ID, "name": definition.name, "template": definition.key, "started_by": {}}
    run.start(Start(given or {}, about, event, subject))
    return []


def _play(run: Simulation, case: Case, script: CaseScript) -> list[Difference]:
    player = Player(run, script, case.at + case.until if case.until is not None else None)
    for happening in case.then:
        if happening.at is not None:
            player.plan(
                Planned(case.at + happening.at, FIRST + 1, lambda item=happening: script.do(run, item))  # type: ignore[misc]
            )
    try:
        player.play()
    except EndlessSimulation:
        return [Difference("endless", "The run goes round without an end.", case.path)]
    return [Difference("then", f"'{item.do}' never became possible.", item.path) for item in script.waiting]
