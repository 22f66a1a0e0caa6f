"""One turn of a run: the state as it changes, the events and effects made so far, and the variables of expressions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from apps.core.expressions import compile_expression, resolve
from apps.workflows.engine.definition import ActionStep, Definition, Moment, Step, SubflowStep
from apps.workflows.engine.durations import parse_duration
from apps.workflows.engine.effects import Effect
from apps.workflows.engine.evolve import apply
from apps.workflows.engine.history import (
    RUN_STARTED,
    STEP_COMPLETED,
    STEP_SKIPPED,
    STEP_STARTED,
    HistoryEvent,
    step_of,
)
from apps.workflows.engine.offsets import FROM_END, FROM_START, STANDARD, Calendars, Offset, counted
from apps.workflows.engine.state import RunState, Visit
from apps.workflows.engine.step_types import ForEachStep

Json = dict[str, Any]
_OPENING = (STEP_STARTED, STEP_SKIPPED, STEP_COMPLETED)


@dataclass(frozen=True, slots=True)
class Entry:
    """A step to enter: the visit of the step around it (None at the top), and the item of a loop it belongs to."""

    step: Step
    owner: str | None
    item: str = ""


@dataclass(slots=True)
class Effort:
    """Steps entered in a turn, and how many may be: more is a loop without anybody to wait for."""

    entered: int = 0
    allowed: int = 1_000


@dataclass(slots=True)
class Turn:
    """The working copy of one `decide`, seen from one item of a loop (`item`) or, with '', from outside of all.

    `todo` holds steps to enter, `holding` what a paused run puts aside. `at` gives another view of the same turn.
    """

    definition: Definition
    state: RunState
    now: datetime
    events: list[HistoryEvent] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    todo: deque[Entry] = field(default_factory=deque)
    holding: list[Json] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)
    item: str = ""
    calendars: Calendars = field(default_factory=lambda: STANDARD)

    def record(self, kind: str, visit: str | None, data: Json) -> None:
        """Add a fact to the history and let the state follow it."""
        if self.item and kind in _OPENING and visit not in self.state.visits:
            data = {**data, "scope": self.item}
        anchor = self._anchor(kind, visit) if self.definition.anchors else None
        event = HistoryEvent(kind, visit, self.now, data if anchor is None else {**data, "anchor": anchor})
        apply(self.state, event)
        self.events.append(event)

    def at(self, item: str) -> Turn:
        """The same turn, seen from an item of a loop."""
        return self if item == self.item else replace(self, item=item)

    def of(self, visit: Visit) -> Turn:
        """The same turn, seen from where a visit stands."""
        return self.at(visit.scope)

    def encloses(self, item: str) -> bool:
        """Whether an item is the one this turn is seen from, or belongs to a loop inside it."""
        while item and item != self.item:
            item = self.state.scopes[item].parent
        return item == self.item

    @property
    def outputs(self) -> Json:
        """Outputs of the steps that stand where this turn is seen from."""
        return self.state.scopes[self.item].outputs if self.item else self.state.outputs

    def step_of(self, visit: Visit) -> Step:
        """The step of a visit; for the undoing of an action the version no longer has, what is known of it."""
        place = self.definition.places.get(visit.step)
        if place is not None:
            return place.step
        name = str(visit.work.get("name") or visit.step)
        if visit.work.get("subflow"):
            return SubflowStep(kind="subflow", id=visit.step, name=name, template="", input={})
        slot, operation = str(visit.work.get("connection")), str(visit.work.get("operation"))
        return ActionStep(
            kind="action", id=visit.step, name=name, connection=slot, operation=operation, input={}
        )

    def scope(self, **extra: Any) -> Json:
        """The variables of an expression."""
        start = self.state.start
        if self.item:
            extra = {**self._of_items(), **extra}
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

    def _of_items(self) -> Json:
        """What the loops around add: the items by name, and the outputs of the steps inside."""
        chain = []
        key = self.item
        while key:
            chain.append(self.state.scopes[key])
            key = chain[-1].parent
        found: Json = {"steps": dict(self.state.outputs)}
        for scope in reversed(chain):
            found["steps"].update(scope.outputs)
            loop = self.definition.step(self.state.step_of_loop(scope.id))
            if isinstance(loop, ForEachStep):
                found[loop.as_name] = scope.item
                if loop.index_as:
                    found[loop.index_as] = scope.index
        return found

    def evaluate(self, source: str, **extra: Any) -> Any:
        """Evaluate an expression. Raise ExpressionError."""
        return compile_expression(source).evaluate(self.scope(**extra))

    def holds(self, source: str, **extra: Any) -> bool:
        """Whether a condition is true; anything but true counts as false."""
        return self.evaluate(source, **extra) is True

    def resolve(self, value: Any, **extra: Any) -> Any:
        """Replace every expression inside a value. Raise ExpressionError."""
        return resolve(value, self.scope(**extra))

    def moment(self, given: Moment, step: Step | None = None) -> datetime:
        """The time a duration (from now), an expression (a time, or a duration from now) or an offset stands for.

        For a step given to one person an offset in business time counts by that person's calendar, if there is one.
        Raise ValueError when it is none of them, ExpressionError when it cannot be evaluated.
        """
        if isinstance(given, Offset):
            calendars = self._calendars_of(step) if given.calendar in ("", "business") else self.calendars
            return counted(given, self._counted_from(given), calendars)
        value = self.resolve(given)
        if isinstance(value, str) and value.startswith("P"):
            return self.now + parse_duration(value)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment
        raise ValueError(f"{value!r} is neither a duration nor a time with an offset")

    def _anchor(self, kind: str, visit: str | None) -> str | None:
        """The anchor this fact is the time of, if offsets count from it."""
        if kind == RUN_STARTED:
            name = FROM_START
        elif visit is not None and kind in (STEP_COMPLETED, STEP_SKIPPED) and not visit.endswith("~undo"):
            current = self.state.visits.get(visit)
            name = f"step.{current.step if current else step_of(visit)}"
        else:
            return None
        return name if name in self.definition.anchors else None

    def _calendars_of(self, step: Step | None) -> Calendars:
        assignee = getattr(step, "assignee", None)
        person = self.resolve(assignee.get("user")) if isinstance(assignee, dict) else None
        own = self.calendars.get(f"user/{person}") if person else None
        return {"business": own} if own else self.calendars

    def _counted_from(self, offset: Offset) -> datetime | date:
        if offset.anchor == FROM_END:
            return _date_or_time(self.evaluate(offset.expression))
        if not offset.is_kept:
            return self.now
        at = self.state.anchors.get(offset.anchor)
        if at is None:
            what = "the run started" if offset.anchor == FROM_START else f"'{offset.anchor[5:]}' ended"
            raise ValueError(f"it counts from when {what}, which this run does not know")
        return datetime.fromisoformat(at)


def _date_or_time(value: Any) -> datetime | date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    raise ValueError(f"{value!r} is neither a date nor a time with an offset")


def as_mapping(value: Any) -> Json:
    """A resolved value as a JSON object; anything that is not one becomes `{"value": ...}`."""
    return dict(value) if isinstance(value, Mapping) else {"value": value}
