"""Reads the mappings of a template with their expected keys and types, reporting every deviation, stopping at none."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression, expression_source, is_expression
from apps.workflows.engine.definition import (
    CONTINUE,
    EXCEPTION,
    EventMatch,
    ExpressionUse,
    Json,
    Moment,
    OffsetUse,
    Reaction,
    ReturnTo,
    Step,
    Timeout,
)
from apps.workflows.engine.durations import parse_duration
from apps.workflows.engine.offsets import Offset, parse_offset
from apps.workflows.engine.problems import ERROR, TemplateProblem
from apps.workflows.engine.source import Source

MAX_VISITS = 100
StepParser = Callable[["Report", Any, str], tuple[Step, ...]]


def suggestion(word: str, known: Collection[str]) -> str:
    """A remedy for an unknown word: the nearest known ones, or all when there are few."""
    near = difflib.get_close_matches(word, list(known), n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Use one of: {', '.join(sorted(known))}." if 0 < len(known) <= 15 else ""


@dataclass(slots=True)
class Report:
    """Collects problems, with their place in the text, and the expressions seen on the way."""

    source: Source
    problems: list[TemplateProblem] = field(default_factory=list)
    uses: list[ExpressionUse] = field(default_factory=list)
    offsets: list[OffsetUse] = field(default_factory=list)
    step: str | None = None
    names: frozenset[str] = frozenset()
    """Variables that expressions may name here because of the loops around."""

    @contextmanager
    def naming(self, *names: str) -> Iterator[None]:
        """Within, expressions may name these variables too."""
        outer = self.names
        self.names = outer | {name for name in names if name}
        try:
            yield
        finally:
            self.names = outer

    def add(self, code: str, message: str, path: str, remedy: str = "", severity: str = ERROR) -> None:
        """Report a problem at a path."""
        line, column = self.source.position(path)
        self.problems.append(TemplateProblem(code, message, path, line, column, remedy, severity))

    def expression(
        self, source: str, path: str, extra: frozenset[str] = frozenset(), offset: int = 0
    ) -> None:
        """Compile an expression and remember it. `offset` is how far it stands inside its string."""
        self.uses.append(ExpressionUse(path, source, self.step, extra | self.names))
        try:
            compile_expression(source)
        except ExpressionError as error:
            line, column = self._inside(path, error, offset)
            remedy = "Correct the expression." if error.code == "syntax" else "Make the expression simpler."
            message = f"Expression error: {error.message.rstrip('.')}."
            self.problems.append(
                TemplateProblem(f"expression_{error.code}", message, path, line, column, remedy)
            )

    def _inside(self, path: str, error: ExpressionError, offset: int) -> tuple[int, int]:
        line, column = self.source.position(path)
        style = self.source.styles.get(path, "")
        if not line:
            return 0, 0
        if style in ("|", ">"):
            return line + (error.line if style == "|" else 1), error.column
        if error.line > 1:
            return line + error.line - 1, error.column
        return line, column + len(style) + offset + error.column - 1


class Reader:
    """One mapping of the document. Every key must be read by somebody; `close` reports the others."""

    def __init__(self, report: Report, data: Any, path: str, parse_steps: StepParser) -> None:
        self.report = report
        self.path = path
        self.parse_steps = parse_steps
        self.seen: set[str] = set()
        self.data: Mapping[str, Any] = {}
        if isinstance(data, Mapping):
            self.data = data
        else:
            report.add("type", "A mapping is expected here.", path)

    def at(self, key: str) -> str:
        """The path of a key of this mapping."""
        return f"{self.path}.{key}" if self.path else key

    def inner(self, key: str) -> Reader | None:
        """A reader of a nested mapping; None when it is not there."""
        value = self.value(key)
        return None if value is None else Reader(self.report, value, self.at(key), self.parse_steps)

    def readers(self, key: str, *, required: bool = True) -> list[Reader]:
        """Readers of a list of mappings."""
        items = self.list(key, required=required)
        return [
            Reader(self.report, item, f"{self.at(key)}[{index}]", self.parse_steps)
            for index, item in enumerate(items)
        ]

    def problem(self, code: str, message: str, key: str, remedy: str = "") -> None:
        """Report a problem at a key."""
        self.report.add(code, message, self.at(key), remedy)

    def value(self, key: str, *, required: bool = False) -> Any:
        """Any value as it stands; None when missing."""
        self.seen.add(key)
        value = self.data.get(key)
        if value is None and required:
            self.problem("missing", f"'{key}' is missing.", key, f"Add '{key}'.")
        return value

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A literal string."""
        value = self.value(key, required=required)
        if value is None:
            return default
        if isinstance(value, str) and value.strip():
            return value
        self.problem("type", f"'{key}' must be a text.", key)
        return default

    def word(self, key: str, words: Collection[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value in words:
            return value
        self.problem("unknown_word", f"'{value}' is not possible for '{key}'.", key, suggestion(value, words))
        return default

    def list(self, key: str, *, required: bool = False) -> list[Any]:
        """A list; empty when missing."""
        value = self.value(key, required=required)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.problem("type", f"'{key}' must be a list.", key)
        return []

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.problem("range", f"'{key}' must be a whole number from {low} to {high}.", key)
        return default

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number within bounds."""
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.problem("range", f"'{key}' must be a number from {low:g} to {high:g}.", key)
        return default

    def duration(self, key: str, default: timedelta | None = None) -> timedelta | None:
        """A literal ISO duration."""
        value = self.text(key)
        return self._duration(value, key) or default if value else default

    def when_text(self, key: str) -> Moment | None:
        """An ISO duration, an expression marked with `=`, or an offset."""
        if isinstance(self.data.get(key), Mapping):
            return self._offset(key)
        value = self.text(key)
        if not value:
            return None
        if is_expression(value):
            self.template(key)
        elif self._duration(value, key) is None:
            return None
        return value

    def expression(self, key: str, *, required: bool = False, extra: Collection[str] = ()) -> str | None:
        """A string that is always an expression, with or without `=`."""
        value = self.value(key, required=required)
        if value is None:
            return None
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str):
            self.problem("type", f"'{key}' must be an expression.", key)
            return None
        source = expression_source(value) if is_expression(value) else value
        self.report.expression(source, self.at(key), frozenset(extra), value.find(source))
        return source

    def template(
        self, key: str, default: Any = None, *, required: bool = False, extra: Collection[str] = ()
    ) -> Any:
        """Any value, in which strings that start with `=` are expressions."""
        value = self.value(key, required=required)
        if value is None:
            return default
        self._walk(value, self.at(key), frozenset(extra))
        return value

    def mapping(self, key: str, *, required: bool = False, extra: Collection[str] = ()) -> Json:
        """A mapping, in whose values strings that start with `=` are expressions."""
        value = self.template(key, required=required, extra=extra)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.problem("type", f"'{key}' must be a mapping.", key)
        return {}

    def steps(self, key: str) -> tuple[Step, ...]:
        """A nested list of steps."""
        self.seen.add(key)
        outer = self.report.step
        try:
            return self.parse_steps(self.report, self.data.get(key, []), self.at(key))
        finally:
            self.report.step = outer

    def reaction(
        self, key: str, words: Collection[str], default: Reaction, *, rework: bool = True
    ) -> Reaction:
        """What to do instead of going on: a word, `{return_to: step}` or a list of steps."""
        value = self.value(key)
        if isinstance(value, list):
            return self.steps(key)
        if isinstance(value, dict) and rework:
            reader = Reader(self.report, value, self.at(key), self.parse_steps)
            target = ReturnTo(reader.text("return_to", required=True), reader.whole("max", 10, 1, MAX_VISITS))
            reader.close()
            return target
        if value is None:
            return default
        if isinstance(value, str) and value in words:
            return value
        forms = [*words, *(["{return_to: <step>}"] if rework else []), "a list of steps"]
        self.problem("unknown_word", f"This is not possible for '{key}'.", key, f"Use {', '.join(forms)}.")
        return default

    def event_match(self, key: str) -> EventMatch | None:
        """`{type, match}`; None when missing."""
        reader = self.inner(key)
        if reader is None:
            return None
        match = EventMatch(reader.text("type", required=True), reader.expression("match", extra=("event",)))
        reader.close()
        return match

    def close(self) -> None:
        """Report the keys nobody has read."""
        for key in self.data:
            if key not in self.seen:
                remedy = suggestion(key, self.seen) or f"Remove '{key}'."
                self.problem("unknown_key", f"'{key}' is not known here.", key, remedy)

    def _offset(self, key: str) -> Offset | None:
        offset, complaints = parse_offset(self.value(key))
        for part, message, remedy in complaints:
            self.report.add("offset", message, f"{self.at(key)}.{part}".rstrip("."), remedy)
        if offset is None:
            return None
        if offset.expression:
            self.report.expression(offset.expression, f"{self.at(key)}.from", offset=len("end("))
        self.report.offsets.append(OffsetUse(self.at(key), offset, self.report.step))
        return offset

    def _duration(self, value: str, key: str) -> timedelta | None:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.problem(
                "duration", f"{error}.", key, "Write an ISO 8601 duration, for example P2D, PT4H or PT30S."
            )
            return None

    def _walk(self, value: Any, path: str, extra: frozenset[str]) -> None:
        if isinstance(value, str) and is_expression(value):
            source = expression_source(value)
            self.report.expression(source, path, extra, value.find(source) if source else 0)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                self._walk(item, f"{path}.{key}", extra)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._walk(item, f"{path}[{index}]", extra)


def read_timeout(reader: Reader | None) -> Timeout | None:
    """`{after, then}`; None when missing."""
    if reader is None:
        return None
    after = reader.when_text("after")
    if after is None and reader.data.get("after") is None:
        reader.problem("missing", "'after' is missing.", "after", "Add 'after', for example P30D.")
    timeout = Timeout(after or "P1D", reader.reaction("then", (EXCEPTION, CONTINUE), EXCEPTION))
    reader.close()
    return timeout
