"""A compiled template: frozen values the engine runs on. Made by `parse`; expressions stay text (compiled on use)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from apps.workflows.engine.offsets import Offset
from apps.workflows.engine.sla import Sla

Json = dict[str, Any]

EXCEPTION = "exception"
CONTINUE = "continue"
RETRY = "retry"
END = "end"


@dataclass(frozen=True, slots=True)
class ReturnTo:
    """Rework: go back to an earlier step, which is visited at most `limit` times in a run."""

    step: str
    limit: int = 10


Moment = str | Offset
"""A point in time: an ISO duration from now, expression text with `=`, or an offset."""

Reaction = str | ReturnTo | tuple["Step", ...]
"""What to do instead of going on: `exception`, `continue`, `retry`, `end`, a return, or nested steps."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Automatic attempts: `max` altogether, waiting backoff, backoff*factor, ... but never longer than `cap`."""

    max: int = 3
    backoff: timedelta = timedelta(seconds=10)
    factor: float = 2.0
    cap: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What to do about errors of some codes (patterns like `http_5*`; none: all): try again, and what `then`."""

    errors: tuple[str, ...] = ()
    retry: Retry | None = None
    then: Reaction = EXCEPTION


@dataclass(frozen=True, slots=True)
class Timeout:
    """What happens when something is not done within `after`."""

    after: Moment
    then: Reaction = EXCEPTION


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a run may take, waits included, and what happens then: note, exception, cancel or roll_back."""

    after: timedelta
    then: str


@dataclass(frozen=True, slots=True)
class EventMatch:
    """An event type and, optionally, an expression over `event` and the run's variables."""

    type: str
    match: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step kind has. `when` is an expression; `waiting_on` the party that has the step while it is open.

    `error_rules` go before `on_error`; `limit` is the `timeout` of the whole step, for the kinds that can have one.
    """

    kind: str
    id: str
    name: str
    when: str | None = None
    due: Moment | None = None
    on_error: Reaction = EXCEPTION
    error_rules: tuple[ErrorRule, ...] = ()
    limit: Timeout | None = None
    audience: str = "internal"
    owner: Json | str | None = None
    description: str = ""
    waiting_on: str = ""
    sla: Sla | None = None

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """The nested lists of the step by slot name, in reading order."""
        if self.limit and isinstance(self.limit.then, tuple):
            yield "timeout", self.limit.then
        if isinstance(self.on_error, tuple):
            yield "on_error", self.on_error
        for index, rule in enumerate(self.error_rules):
            if isinstance(rule.then, tuple):
                yield f"on_error.{index}", rule.then


@dataclass(frozen=True, slots=True)
class Rule:
    """A predicate of a check, with the words for when it does not hold."""

    id: str
    expr: str
    message: str


@dataclass(frozen=True, slots=True)
class FactsQuery:
    """A named query the shell answers with fresh facts at each visit."""

    query: str
    input: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStep(Step):
    """Rules that must all hold."""

    rules: tuple[Rule, ...]
    facts: FactsQuery | None = None
    on_fail: Reaction = EXCEPTION
    recheck_on: EventMatch | None = None

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `on_fail`, `on_error`."""
        if isinstance(self.on_fail, tuple):
            yield "on_fail", self.on_fail
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A row of a decision table; without `when` it always matches."""

    when: str | None
    then: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStep(Step):
    """A decision table; `hit` is first, unique or collect (then `aggregate` says by key what becomes of the list)."""

    hit: str
    rules: tuple[DecisionRule, ...]
    aggregate: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStep(Step):
    """People decide under a policy."""

    policy: str | Json
    show: Json
    subject: Any = None
    requested_by: Any = None
    on_reject: Reaction = EXCEPTION
    on_changes: Reaction | None = None
    prepared_by: Any = None
    editable: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `on_reject`, `on_changes`, `on_error`."""
        for slot, reaction in (("on_reject", self.on_reject), ("on_changes", self.on_changes)):
            if isinstance(reaction, tuple):
                yield slot, reaction
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskStep(Step):
    """A person fills in a form."""

    form: Json
    assignee: Json
    show: Json
    prefill: Json


@dataclass(frozen=True, slots=True)
class Compensation:
    """The operation that undoes a completed action."""

    connection: str
    operation: str
    input: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStep(Step):
    """A call through a connection."""

    connection: str
    operation: str
    input: Json
    retry: Retry | None = None
    timeout: timedelta | None = None
    compensate: Compensation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyStep(Step):
    """A message to people."""

    message: str
    to: Any
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelStep(Step):
    """Branches at the same time; `join` is how many must end: all of them, any one, or a number."""

    branches: tuple[tuple[Step, ...], ...]
    join: int
    labels: tuple[str, ...] = ()

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `branches.0`, ..., `on_error`."""
        for index, branch in enumerate(self.branches):
            yield f"branches.{index}", branch
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True)
class Case:
    """One way of a choice."""

    when: str
    steps: tuple[Step, ...]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceStep(Step):
    """The first case whose condition holds runs, else `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: tuple[Step, ...]

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `cases.0`, ..., `otherwise`, `on_error`."""
        for index, case in enumerate(self.cases):
            yield f"cases.{index}", case.steps
        if self.otherwise:
            yield "otherwise", self.otherwise
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep(Step):
    """Wait for an event, for a duration, or until a time; exactly one of them."""

    event: EventMatch | None = None
    duration: Moment | None = None
    until: str | None = None
    timeout: Timeout | None = None

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `timeout`, `on_error`."""
        if self.timeout and isinstance(self.timeout.then, tuple):
            yield "timeout", self.timeout.then
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStep(Step):
    """Set variables of the run."""

    values: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SubflowStep(Step):
    """Run another template and wait for it."""

    template: str
    input: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStep(Step):
    """End the whole run with an outcome."""

    outcome: str
    output: Json


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which event or schedule starts a run, and what the run gets. `key` makes a second start for the same key a repeat.

    `event` is empty where only the schedule (a cron expression) starts runs.
    """

    event: str
    when: str | None = None
    input: Json | None = None
    subject: Any = None
    key: Any = None
    schedule: str = ""
    zone: str = ""
    catch_up: str = "once"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands: its owner (None at the top), the owner's slot, its index there, its next sibling."""

    step: Step
    owner: str | None
    slot: str
    index: int
    next: str | None
    path: str


@dataclass(frozen=True, slots=True)
class ExpressionUse:
    """An expression of the template: where it stands, in which step (None: in the trigger), what else it may name."""

    path: str
    source: str
    step: str | None
    extra: frozenset[str]


@dataclass(frozen=True, slots=True)
class OffsetUse:
    """An offset of the template: where it stands and in which step."""

    path: str
    offset: Offset
    step: str | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A template, ready to run. `source` is the document it was made of, as JSON."""

    key: str
    name: str
    steps: tuple[Step, ...]
    places: dict[str, Place]
    source: Json
    family: str = ""
    description: str = ""
    owners: Json = field(default_factory=dict)
    classification: Json = field(default_factory=dict)
    trigger: Trigger | None = None
    input_schema: Json = field(default_factory=dict)
    deadline: Deadline | None = None
    sla: Json = field(default_factory=dict)
    connections: Json = field(default_factory=dict)
    expressions: tuple[ExpressionUse, ...] = ()
    offsets: tuple[OffsetUse, ...] = ()
    anchors: frozenset[str] = frozenset()
    """What offsets count from, as far as the run must remember it: `start`, `step.<id>`."""
    slas: dict[str, Sla] = field(default_factory=dict)
    """Service levels by step; that of the whole run under the empty text."""

    def step(self, step_id: str) -> Step:
        """The step with this id. Raise KeyError when the template has none."""
        return self.places[step_id].step

    def inside(self, step_id: str, owner: str) -> bool:
        """Whether a step stands anywhere inside another one's nested lists."""
        current = self.places[step_id].owner
        while current is not None:
            if current == owner:
                return True
            current = self.places[current].owner
        return False

    def loops_of(self, step_id: str) -> list[str]:
        """The `for_each` steps in whose lists a step stands, at whatever depth, innermost first."""
        found = []
        place = self.places[step_id]
        while place.owner is not None:
            if place.slot == "steps":
                found.append(place.owner)
            place = self.places[place.owner]
        return found

    def block(self, owner: str, slot: str) -> tuple[Step, ...]:
        """One nested list of a step; empty when the step has no such slot."""
        return dict(self.step(owner).blocks()).get(slot, ())
