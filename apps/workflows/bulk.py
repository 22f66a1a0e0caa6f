"""What can be done to many runs or exceptions at once; other apps add commands of their own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.workflows.choices import BulkAbout

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at one target says: why it would be refused ("" if it would be done), what would happen, details."""

    refused: str = ""
    note: str = ""
    details: Json = field(default_factory=dict)


Preview = Callable[[Sequence[UUID], Json, Actor], Mapping[UUID, Verdict]]
"""Looks at targets without changing anything; a target it does not answer for is refused as gone."""

FOUND = "found"
"""Where a command finds, among its parameters, what its look at the target had found out."""

Perform = Callable[[UUID, Json, Actor, str], str | None]
"""Does the command to one target: target, parameters, actor, reason. Returns a note about what was done.

It runs once per target, inside a unit of work of its own. A command registered with ``remembers`` finds the details of its
look at the target among the parameters, under FOUND. A DomainError refuses the target, with its words as the why;
whatever else it raises fails it. What it had written by then is undone.
"""


def _takes_nothing(parameters: Json) -> Json:
    if parameters:
        raise Invalid("invalid_parameters", "This command takes no parameters.", [_UNWANTED])
    return {}


_UNWANTED = Problem("/parameters", "This command takes no parameters.", "unknown", "Leave them out.")


@dataclass(frozen=True, slots=True)
class BulkCommand:
    """One command: whom it is done to, which action the actor needs, its words, and its functions.

    ``check`` raises Invalid for parameters it cannot work with, and returns them as they are kept.
    """

    key: str
    about: BulkAbout
    action: str
    label: str
    preview: Preview
    perform: Perform
    check: Callable[[Json], Json]
    needs_reason: bool
    remembers: bool


_commands: dict[str, BulkCommand] = {}


def register_bulk_command(
    key: str,
    preview: Preview,
    perform: Perform,
    *,
    about: BulkAbout,
    action: str,
    label: str,
    check: Callable[[Json], Json] = _takes_nothing,
    needs_reason: bool = True,
    remembers: bool = False,
) -> None:
    """Offer a command; a key registered twice is a defect and raises."""
    if key in _commands:
        raise ValueError(f"bulk command {key!r} is registered twice")
    _commands[key] = BulkCommand(key, about, action, label, preview, perform, check, needs_reason, remembers)


def find_bulk_command(key: str) -> BulkCommand | None:
    return _commands.get(key)


def list_bulk_commands(about: BulkAbout | None = None) -> list[BulkCommand]:
    """Return the commands, in the order of their registration; with ``about`` those for such targets."""
    return [command for command in _commands.values() if about in (None, command.about)]
