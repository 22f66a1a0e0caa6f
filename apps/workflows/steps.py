"""What other apps lend to the engine: step kinds, facts, internal operations, and what a template may refer to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.workflows.engine.commands import StepError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a step may know of its run. ``subject`` is ``<noun>/<id>`` or empty; ``parts`` is what its version holds."""

    run_id: UUID
    template_key: str
    template_name: str
    version: int
    subject: str
    name: str
    started_by: Json = field(default_factory=dict)
    parts: Json = field(default_factory=dict)

    def part(self, name: str, key: str) -> Json | None:
        """Return the copy that the run's version holds, such as of the policy ``key``; None: what holds now applies."""
        held: Json | None = self.parts.get(name, {}).get(key)
        return held


@dataclass(frozen=True, slots=True)
class Done:
    """The step is done at once, with this output."""

    output: Json


@dataclass(frozen=True, slots=True)
class Failed:
    """The step failed at once."""

    error: StepError


Outcome = Done | Failed
Opener = Callable[[Any, RunContext], Outcome | None]
Closer = Callable[[RunContext, str], None]
Drainer = Callable[[RunContext, str, int], bool]
DueMover = Callable[[RunContext, str, datetime | None], None]
Facts = Callable[[Json], Json]
Operation = Callable[[Json, RunContext], Json]


@dataclass(frozen=True, slots=True)
class Named:
    """A function templates can name, with what the author needs to know to use it."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NamedFacts(Named):
    function: Facts


@dataclass(frozen=True, slots=True)
class NamedOperation(Named):
    function: Operation


_openers: dict[str, tuple[Opener, Closer | None]] = {}
_drainers: dict[str, Drainer] = {}
_due_movers: dict[str, DueMover] = {}
_facts: dict[str, NamedFacts] = {}
_operations: dict[str, NamedOperation] = {}
_catalogue: dict[str, Callable[..., Any]] = {}


def register_step(
    kind: str, opener: Opener, closer: Closer | None = None, drainer: Drainer | None = None
) -> None:
    """Let ``opener`` do the work of a step kind.

    It is called inside the run's transaction with the engine's effect and returns None to answer later (through
    ``services.complete_step`` or ``fail_step``), or the outcome. ``closer`` withdraws open work of a visit.
    ``drainer`` withdraws that of one epoch only if it has certainly not begun, and returns whether no answer will come;
    work under way is answered as usual.
    """
    if kind in _openers:
        raise ValueError(f"step kind {kind!r} has an opener already")
    _openers[kind] = (opener, closer)
    if drainer is not None:
        _drainers[kind] = drainer


def register_due_mover(kind: str, mover: DueMover) -> None:
    """Have the open work of a visit of this kind told when a migration of its run moves its due date."""
    _due_movers[kind] = mover


def register_facts(name: str, function: Facts, *, description: str, input_schema: Mapping[str, Any]) -> None:
    """Offer a read-only query to ``check.facts``."""
    _facts[name] = NamedFacts(name, description, input_schema, function)


def register_operation(
    name: str, function: Operation, *, description: str, input_schema: Mapping[str, Any]
) -> None:
    """Offer an operation to actions with ``connection: internal``; it runs inside the run's own transaction."""
    _operations[name] = NamedOperation(name, description, input_schema, function)


def register_catalogue(part: str, answer: Callable[..., Any]) -> None:
    """Answer what a template may refer to; asked when a template is checked, in the tenant.

    Parts: ``policies``, ``messages``, ``slots``, ``connectors``, ``calendars`` (no arguments, keys), ``operations`` (slot
    and connector, keys), ``idempotency`` (slot, connector and operation, its kind), ``try_slot`` (slot and template key,
    whether its connection answers), ``policy_problems`` (key or inline policy, why it could never be decided),
    ``policies_to_try`` (keys, and whether drafts count; copies with their origin),
    ``roles_asked`` (ids of runs; whom each visit's approval asked) and ``roles_to_ask`` (what an approval step hands over,
    who started the run).
    """
    _catalogue[part] = answer


def opener_of(kind: str) -> Opener:
    return _openers[kind][0]


def closer_of(kind: str) -> Closer | None:
    found = _openers.get(kind)
    return found[1] if found else None


def drainer_of(kind: str) -> Drainer | None:
    return _drainers.get(kind)


def due_mover_of(kind: str) -> DueMover | None:
    return _due_movers.get(kind)


def find_facts(name: str) -> NamedFacts | None:
    return _facts.get(name)


def find_operation(name: str) -> NamedOperation | None:
    return _operations.get(name)


def list_facts() -> list[NamedFacts]:
    return sorted(_facts.values(), key=lambda facts: facts.name)


def list_operations() -> list[NamedOperation]:
    return sorted(_operations.values(), key=lambda operation: operation.name)


def ask_catalogue(part: str, *arguments: Any) -> Any:
    """Return the registered answer, or None where nobody answers for the part."""
    answer = _catalogue.get(part)
    return None if answer is None else answer(*arguments)
