"""Commands: everything the outside may tell a run. `decide` turns one into events and effects.

A command that no longer applies (a closed visit, an old attempt, a finished run) is not an error: `decide` answers
with an empty decision whose `refused` says why, so that deliveries may be repeated freely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step failed.

    `code` is stable and machine readable; `retry_after` is in seconds and only a lower bound for the next attempt;
    `details` must be JSON (request and response excerpts, for the person who will look at the exception).
    """

    code: str
    message: str
    retryable: bool = False
    retry_after: float | None = None
    details: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """Begin the run.

    `run` becomes the variable `run` (must hold at least `id`), `subject` the variable `subject`, `event` the stored
    event that started it (or None). All must be JSON.
    """

    input: Json
    run: Json
    event: Json | None = None
    subject: Any = None


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """The work of a visit is done. Approvals answer with `{"outcome": "approved" | "rejected", ...}`.

    `epoch` and `attempt`, when given, must be the current ones, else the command is refused as `stale`.
    """

    visit: str
    output: Json = field(default_factory=dict)
    actor: Json | None = None
    epoch: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class FailStep:
    """The work of a visit failed: retried while attempts are left and the error allows it, else `on_error`."""

    visit: str
    error: StepError
    actor: Json | None = None
    epoch: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class FireTimer:
    """A timer announced by `StartTimer` has come due."""

    timer: str


@dataclass(frozen=True, slots=True)
class ReceiveEvent:
    """An event arrived for a visit that announced `AwaitEvent`. Refused as `no_match` if `match` says no.

    `event` has the CloudEvents shape used in expressions: `{"id", "type", "subject", "time", "data"}`.
    """

    visit: str
    event: Json


@dataclass(frozen=True, slots=True)
class FactsGathered:
    """Answer to `GatherFacts`: the data becomes the variable `facts` of the check's rules."""

    visit: str
    data: Json


@dataclass(frozen=True, slots=True)
class RetryStep:
    """A person tries a visit in exception again, in a new epoch (new idempotency key).

    `input_override` replaces the resolved input of an action, subflow, notification or compensation.
    """

    visit: str
    actor: Json | None = None
    reason: str = ""
    input_override: Json | None = None


@dataclass(frozen=True, slots=True)
class SkipStep:
    """A person declares a visit in exception done, with an output of their own."""

    visit: str
    output: Json = field(default_factory=dict)
    actor: Json | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the run: everything open is closed, nothing is compensated; outcome `cancelled`."""

    reason: str = ""
    actor: Json | None = None


@dataclass(frozen=True, slots=True)
class RollBack:
    """Undo the run: everything open is closed, then completed actions are compensated, last first.

    Outcome `rolled_back`. Actions still being performed are awaited first, so that nothing they did is forgotten.
    """

    reason: str = ""
    actor: Json | None = None


Command = (
    Start
    | CompleteStep
    | FailStep
    | FireTimer
    | ReceiveEvent
    | FactsGathered
    | RetryStep
    | SkipStep
    | Cancel
    | RollBack
)
