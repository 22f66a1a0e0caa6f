"""Test cases of a template: read from YAML, with every problem and its line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.problems import ERROR, TemplateProblem
from apps.workflows.engine.reader import Reader, Report, suggestion
from apps.workflows.engine.simulation.case_calendars import read_calendars
from apps.workflows.engine.source import read_text

Json = dict[str, Any]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When a case begins that does not say so: a Monday morning."""
MAX_CASES = 1_000
MAX_TEXT = 1024 * 1024
MAX_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """What a step is told, `after` it asked: an output (facts, for a check) or an error; or the event it waits for."""

    output: Json | None = None
    error: Json | None = None
    event: Json | None = None
    after: timedelta = timedelta()
    times: int = 1


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens by itself: `do` is event, retry, skip, complete, cancel or roll_back.

    `at` counts from the start of the run; None means as soon as it is possible.
    """

    do: str
    target: str
    data: Json
    at: timedelta | None
    path: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing a case demands: `what` (path, outcome, ...), the value, and where it stands."""

    what: str
    value: Any
    path: str


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `calendars` are those it states, with those of the whole text; none: it counts in the workspace's."""

    name: str
    path: str
    line: int
    at: datetime = START
    until: timedelta | None = None
    input: Json | None = None
    event: Json | None = None
    subject: Any = None
    answers: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    then: tuple[Happening, ...] = ()
    expect: tuple[Expectation, ...] = ()
    calendars: dict[str, WorkingCalendar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """All cases of one text. Runnable only when `is_valid`; `report` knows the line of every path."""

    cases: tuple[Case, ...]
    report: Report

    @property
    def problems(self) -> list[TemplateProblem]:
        """What is wrong with the text itself."""
        return self.report.problems

    @property
    def is_valid(self) -> bool:
        """Whether no error was found."""
        return not any(problem.severity == ERROR for problem in self.report.problems)


EXPECTATIONS = (
    *("outcome", "path", "exact_path", "not_reached", "outputs", "output", "vars", "messages"),
    *("exceptions", "overdue", "elapsed", "visits", "waiting", "that"),
)
_LISTS = ("path", "exact_path", "not_reached", "messages", "exceptions", "overdue", "waiting", "that")
_MAPPINGS = ("outputs", "output", "vars", "visits")
_STEP_LISTS = ("path", "exact_path", "not_reached", "overdue", "waiting")
_DEEDS = ("event", "retry", "skip", "complete", "cancel", "roll_back")
_NO_INPUT = "A case needs 'input', or the 'event' that starts the run."


def read_suite(text: str, definition: Definition) -> Suite:
    """Read the cases of a template. Never raises."""
    source = read_text(text if text.strip() else "cases: []", limit=MAX_TEXT)
    report = Report(source, list(source.problems))
    if report.problems:
        return Suite((), report)
    if source.data is None:
        return Suite((), report)
    reader = Reader(report, source.data, "", _no_steps)
    inner, common = reader.readers("cases"), read_calendars(reader.inner("calendars"))
    reader.close()
    if len(inner) > MAX_CASES:
        reader.problem(
            "too_many_cases", f"There are more than {MAX_CASES} cases.", "cases", "Leave some out."
        )
        inner = inner[:MAX_CASES]
    cases = [_Reading(definition, item, common).case() for item in inner]
    _check_names(cases, report)
    return Suite(tuple(cases), report)


def _no_steps(report: Report, _data: Any, path: str) -> tuple[()]:
    report.add("steps", "There are no steps in a test.", path)
    return ()


def _check_names(cases: list[Case], report: Report) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            message = f"Two cases are called '{case.name}'."
            report.add("duplicate_name", message, f"{case.path}.name", "Give each case its own name.")
        seen.add(case.name)


class _Reading:
    """Reads one case."""

    def __init__(self, definition: Definition, reader: Reader, calendars: dict[str, WorkingCalendar]) -> None:
        self.definition = definition
        self.calendars = calendars
        self.reader = reader
        self.report = reader.report

    def case(self) -> Case:
        reader = self.reader
        given, event = reader.value("input"), reader.value("event")
        if given is None and event is None and not reader.data.get("input"):
            reader.problem("missing", _NO_INPUT, "input", "Add 'input: {}' if the run needs none.")
        case = Case(
            name=reader.text("name", required=True) or reader.path,
            path=reader.path,
            line=self.report.source.position(reader.path)[0],
            at=_moment(reader, "at") or START,
            until=reader.duration("until"),
            input=self._object("input", given),
            event=self._object("event", event),
            subject=reader.value("subject"),
            answers=self._answers(reader.inner("answers")),
            then=tuple(self._happening(item) for item in reader.readers("then", required=False)),
            expect=self._expectations(reader.inner("expect")),
            calendars={**self.calendars, **read_calendars(reader.inner("calendars"))},
        )
        reader.close()
        return case

    def _object(self, key: str, value: Any) -> Json | None:
        if value is None or isinstance(value, dict):
            return value
        self.reader.problem("type", f"'{key}' must be a mapping.", key)
        return None

    def _answers(self, reader: Reader | None) -> dict[str, tuple[Answer, ...]]:
        answers: dict[str, tuple[Answer, ...]] = {}
        if reader is None:
            return answers
        for step in reader.data:
            value = reader.value(step)
            if "/" not in step:
                self.step(step.removesuffix("~undo"), reader.at(step))
            if isinstance(value, list):
                inner = reader.readers(step)
            else:
                one = reader.inner(step)
                inner = [one] if one else []
            answers[step] = tuple(self._answer(item) for item in inner)
        return answers

    def _answer(self, reader: Reader) -> Answer:
        after = reader.duration("after") or timedelta()
        times = reader.whole("times", 1, 1, MAX_ATTEMPTS)
        output, error = self._output(reader), _error(reader)
        event = reader.value("event")
        given = [name for name in ("outcome", "output", "facts", "error", "event") if name in reader.data]
        if len(given) != 1:
            message = "An answer is exactly one of outcome, output, facts, error and event."
            self.report.add("one_of", message, reader.path, "Keep one of them.")
        if "event" in given and not isinstance(event, dict):
            reader.problem("type", "'event' must be a mapping like {data: {...}}.", "event")
            event = None
        reader.close()
        return Answer(output, error, event, after, times)

    def _output(self, reader: Reader) -> Json | None:
        outcome = reader.text("outcome")
        if outcome:
            more = {
                name: reader.value(name)
                for name in ("comment", "decided_by", "remarks", "conditions", "values")
                if name in reader.data
            }
            return {
                "outcome": reader.word("outcome", ("approved", "rejected", "changes_requested"), "approved"),
                **more,
            }
        for key in ("output", "facts"):
            value = reader.value(key)
            if value is not None and not isinstance(value, dict):
                reader.problem("type", f"'{key}' must be a mapping.", key)
            elif value is not None:
                return dict(value)
        return None

    def _happening(self, reader: Reader) -> Happening:
        at = reader.duration("after")
        found = [deed for deed in _DEEDS if deed in reader.data]
        deed = found[0] if found else "event"
        if len(found) != 1:
            message = f"Here stands exactly one of {', '.join(_DEEDS)}."
            self.report.add("one_of", message, reader.path, "Keep one of them.")
        value = reader.value(deed)
        data: Json = {}
        target = ""
        if deed == "event":
            data = _event(reader, value)
        elif deed in ("cancel", "roll_back"):
            target = str(value or "")
        else:
            target = self.step(str(value), reader.at(deed))
            data = {name: reader.value(name) for name in ("output", "input") if name in reader.data}
        happening = Happening(deed, target, data, at, reader.path)
        reader.close()
        return happening

    def _expectations(self, reader: Reader | None) -> tuple[Expectation, ...]:
        if reader is None:
            self.reader.problem(
                "missing", "A case that expects nothing proves nothing.", "expect", "Add 'expect'."
            )
            return ()
        found = []
        for what in EXPECTATIONS:
            value = reader.value(what)
            if what in reader.data:
                self._check_value(reader, what, value)
                found.append(Expectation(what, value, reader.at(what)))
        reader.close()
        return tuple(found)

    def _check_value(self, reader: Reader, what: str, value: Any) -> None:
        path = reader.at(what)
        if what in _LISTS and not isinstance(value, list):
            reader.problem("type", f"'{what}' must be a list.", what)
        elif what in _MAPPINGS and not isinstance(value, dict):
            reader.problem("type", f"'{what}' must be a mapping.", what)
        elif what in _STEP_LISTS:
            for index, item in enumerate(value):
                self.step(str(item), f"{path}[{index}]")
        elif what == "exceptions":
            for index, item in enumerate(value):
                named = item.get("step") if isinstance(item, dict) else item
                self.step(str(named), f"{path}[{index}]")
        elif what in ("visits", "outputs"):
            for step in value:
                self.step(step, f"{path}.{step}")
        elif what == "elapsed":
            self._check_elapsed(reader, value)
        elif what == "that":
            for index, item in enumerate(value):
                self._check_expression(item, f"{path}[{index}]")

    def _check_elapsed(self, reader: Reader, value: Any) -> None:
        if not isinstance(value, dict):
            reader.duration("elapsed")
            return
        inner = Reader(self.report, value, reader.at("elapsed"), _no_steps)
        for key in ("at_least", "at_most", "sla_at_least", "sla_at_most"):
            inner.duration(key)
        inner.close()

    def _check_expression(self, value: Any, path: str) -> None:
        try:
            compile_expression(str(value).removeprefix("=").strip())
        except ExpressionError as error:
            self.report.add("expression_syntax", f"Expression error: {error.message}", path)

    def step(self, name: str, path: str) -> str:
        """Report a step that the template has not; return its name."""
        known: Collection[str] = self.definition.places
        if name not in known:
            self.report.add(
                "unknown_step", f"The template has no step '{name}'.", path, suggestion(name, known)
            )
        return name


def _moment(reader: Reader, key: str) -> datetime | None:
    text = reader.text(key)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        remedy = "Write for example 2026-03-02T09:00:00+01:00."
        reader.problem("time", f"'{text}' is not a time with an offset.", key, remedy)
        return None
    return moment


def _error(reader: Reader) -> Json | None:
    value = reader.value("error")
    if value is None:
        return None
    if isinstance(value, str):
        return {"code": value, "message": f"It failed with {value}.", "retryable": True}
    inner = Reader(reader.report, value, reader.at("error"), _no_steps)
    code = inner.text("code", required=True)
    error = {
        "code": code,
        "message": inner.text("message", f"It failed with {code}."),
        "retryable": inner.value("retryable") is not False,
        "details": inner.value("details") if isinstance(inner.data.get("details"), dict) else {},
    }
    inner.seen.add("details")
    inner.close()
    return error


def _event(reader: Reader, value: Any) -> Json:
    if not isinstance(value, dict):
        reader.problem("type", "'event' must be a mapping like {type: ..., data: {...}}.", "event")
        return {}
    inner = Reader(reader.report, value, reader.at("event"), _no_steps)
    event = {
        "type": inner.text("type", required=True),
        "subject": inner.text("subject"),
        "data": inner.value("data") or {},
    }
    inner.close()
    return event
