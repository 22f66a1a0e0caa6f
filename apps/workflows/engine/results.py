"""What a step kind answers when it is opened, answered or fired; `control` turns it into events and effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import Reaction
from apps.workflows.engine.effects import Effect

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The visit is complete. `variables` are set on the run; `undo` is what a roll-back has to perform."""

    output: Json
    variables: Json | None = None
    undo: Json | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """The visit waits: `work` joins the visit's, `timers` are started, `effects` are what is asked of the shell."""

    work: Json
    effects: Sequence[Effect] = ()
    timers: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runs:
    """Nested lists of the step run now; the visit stays open around them."""

    slots: Sequence[str]
    work: Json


@dataclass(frozen=True, slots=True)
class Iterates:
    """The nested list of the step runs once for every item; None: go on with the items the visit has."""

    items: Sequence[Any] | None


@dataclass(frozen=True, slots=True)
class Reacts:
    """The step did its work but the answer was no: `reaction` says what happens instead of going on.

    `recheck`, when the reaction is an exception, is what the visit then waits for.
    """

    reaction: Reaction
    slot: str
    output: Json
    code: str
    message: str
    recheck: Waits | None = None


@dataclass(frozen=True, slots=True)
class Fails:
    """The step could not do its work: retry or `on_error`."""

    error: StepError


@dataclass(frozen=True, slots=True)
class Ends:
    """The whole run ends."""

    outcome: str
    output: Json


@dataclass(frozen=True, slots=True)
class Ignored:
    """The command does not apply."""

    reason: str


Result = Done | Waits | Runs | Iterates | Reacts | Fails | Ends | Ignored


@dataclass(frozen=True, slots=True)
class Opening:
    """Under which identity a step is opened. `override` is the input a person gave instead of the template's."""

    visit: str
    epoch: int = 1
    attempt: int = 1
    due_at: datetime | None = None
    override: Json | None = None
