"""One turn of a run: the state as it changes, the events and effects made so far, and the variables of expressions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.core.expressions import compile_expression, resolve
from apps.workflows.engine.definition import Definition, Step
from apps.workflows.engine.durations import parse_duration
from apps.workflows.engine.effects import Effect
from apps.workflows.engine.evolve import apply
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.engine.state import RunState

Json = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """The working copy of one `decide`. `todo` holds steps to enter with the owner's visit they belong to."""

    definition: Definition
    state: RunState
    now: datetime
    events: list[HistoryEvent] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    todo: deque[tuple[Step, str | None]] = field(default_factory=deque)
    entered: int = 0

    def record(self, kind: str, visit: str | None, data: Json) -> None:
        """Add a fact to the history and let the state follow it."""
        event = HistoryEvent(kind, visit, self.now, data)
        apply(self.state, event)
        self.events.append(event)

    def scope(self, **extra: Any) -> Json:
        """The variables of an expression."""
        start = self.state.start
        return {
            "input": start.get("input"),
            "event": start.get("event"),
            "run": start.get("run"),
            "subject": start.get("subject"),
            "steps": self.state.outputs,
            "vars": self.state.vars,
            "now": self.now,
            **extra,
        }

    def evaluate(self, source: str, **extra: Any) -> Any:
        """Evaluate an expression. Raise ExpressionError."""
        return compile_expression(source).evaluate(self.scope(**extra))

    def holds(self, source: str, **extra: Any) -> bool:
        """Whether a condition is true; anything but true counts as false."""
        return self.evaluate(source, **extra) is True

    def resolve(self, value: Any, **extra: Any) -> Any:
        """Replace every expression inside a value. Raise ExpressionError."""
        return resolve(value, self.scope(**extra))

    def moment(self, text: str) -> datetime:
        """The time a duration (from now) or an expression (a time, or a duration from now) stands for.

        Raise ValueError when it is neither, ExpressionError when it cannot be evaluated.
        """
        value = self.resolve(text)
        if isinstance(value, str) and value.startswith("P"):
            return self.now + parse_duration(value)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment
        raise ValueError(f"{value!r} is neither a duration nor a time with an offset")


def as_mapping(value: Any) -> Json:
    """A resolved value as a JSON object; anything that is not one becomes `{"value": ...}`."""
    return dict(value) if isinstance(value, Mapping) else {"value": value}
