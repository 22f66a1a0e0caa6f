"""Commands: everything the outside may tell a run. `decide` turns one into events and effects.

A command that no longer applies (a closed visit, an old attempt, a finished run) is not an error: `decide` answers
with an empty decision whose `refused` says why, so that deliveries may be repeated freely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.plan import Plan

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step failed.

    `code` is stable and machine readable; `retry_after` is in seconds and only a lower bound for the next attempt;
    `details` must be JSON (request and response excerpts, for the person who will look at the exception). `ambiguous`
    means that it may have been done all the same.
    """

    code: str
    message: str
    retryable: bool = False
    retry_after: float | None = None
    details: Json = field(default_factory=dict)
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Seed:
    """What a replay takes over from an earlier run: outputs by step id, variables, and visits so far by step id."""

    outputs: Json = field(default_factory=dict)
    vars: Json = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """Begin the run.

    `run` becomes the variable `run` (must hold at least `id`), `subject` the variable `subject`, `event` the stored
    event that started it (or None). All must be JSON.

    `at` begins at that step instead of the first one, `seed` is what the steps before it would have left; refused as
    `unknown_step` or `inside_block` (a step of a parallel, a loop or a handler has no beginning of its own).
    `pauses` (as in `RunState.pauses`, `since` is filled in) makes a run that is born paused.
    """

    input: Json
    run: Json
    event: Json | None = None
    subject: Any = None
    seed: Seed | None = None
    at: str | None = None
    pauses: Json = field(default_factory=dict)
    child: bool = False
    """Whether another run started it, and may undo it when it has ended."""


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """The work of a visit is done. Approvals answer with `{"outcome": ...}`: approved, rejected or changes_requested.

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
    """A person has a visit tried again.

    In exception: in a new epoch (new idempotency key). Waiting for its next attempt: that attempt is made now. Open: what
    was asked is withdrawn and asked anew in a new epoch; only a call under way is repeated under its own key, and refused
    as `under_way` when it comes with another input. A step around nested ones is refused as `not_retryable`.
    `input_override` replaces the resolved input of an action, subflow, notification or compensation. `epoch`, when given,
    must be the current one (`stale`): it tells a second click from a second wish.
    """

    visit: str
    actor: Json | None = None
    reason: str = ""
    input_override: Json | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class SkipStep:
    """A person declares an open visit done, with an output of their own; work and nested steps are withdrawn.

    A compensation can only be skipped in exception (`not_in_exception`).
    """

    visit: str
    output: Json = field(default_factory=dict)
    actor: Json | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerWait:
    """A person answers an open `wait` by hand.

    `event` is the data of the event waited for (its type is the template's, it need not match); None says that the time
    waited for has passed. Refused as `not_waiting`, `no_event` (it waits for time only) or `no_timer`.
    """

    visit: str
    event: Json | None
    actor: Json | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reassign:
    """A person gives an open user task or an exception to another: `{"role": ...}` or `{"user": ...}`.

    Refused as `not_assignable` for anything else.
    """

    visit: str
    assignee: Json
    actor: Json | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JumpTo:
    """A person sends the run back to a step visited earlier; what is open after it is closed.

    Refused as `unknown_step`, `not_visited`, `not_earlier` (the run has not come as far), `branch_not_open`, or
    `several_items` when the step stands in a loop of which not exactly one item is open.
    """

    step: str
    actor: Json | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the run for a source (`run`, `template`, `tenant`, ...); it goes on when no source holds it any more.

    Meanwhile no step is entered, no attempt repeated, no timer of a step acts (an overdue step is noted). Answers to
    what was asked before are taken; what would follow waits in `RunState.held`. Refused as `already_paused`.
    """

    source: str
    reason: str = ""
    actor: Json | None = None
    party: str = ""
    """Whose the time of the pause is, as clocks count it; ours by default."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Take a source's hold away. Refused as `not_paused`."""

    source: str
    reason: str = ""
    actor: Json | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the run: everything open is closed, nothing is compensated; outcome `cancelled`.

    With `undoable` the run that started it may still roll it back.
    """

    reason: str = ""
    actor: Json | None = None
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class RollBack:
    """Undo the run: everything open is closed, then completed actions are compensated, last first.

    Outcome `rolled_back`. Actions still being performed are awaited first, so that nothing they did is forgotten; child
    runs are rolled back in their place. A finished run is only rolled back `by_parent`, if it is `undoable`.
    """

    reason: str = ""
    actor: Json | None = None
    by_parent: bool = False


@dataclass(frozen=True, slots=True)
class Migrate:
    """Let the run go on under another version of its template, as the plan says.

    `definition` is that version, compiled; after this command the run must be decided under it. `former` and `version`
    are the numbers of the versions, for history; `times` says when the run started and its steps ended (`{"start": ISO
    time, "step.<old id>": ...}`), for offsets that count from there. Refused as `needs_input` or `blocked` where
    `trial.verdict` says so, and as `times_passed` where a time of the new version is past whose timer is not among
    those `told` (None: any may be).
    """

    definition: Definition
    plan: Plan
    former: int
    version: int
    reason: str = ""
    actor: Json | None = None
    times: Json = field(default_factory=dict)
    told: frozenset[str] | None = None


Command = (
    Start
    | CompleteStep
    | FailStep
    | FireTimer
    | ReceiveEvent
    | FactsGathered
    | RetryStep
    | SkipStep
    | AnswerWait
    | Reassign
    | JumpTo
    | Pause
    | Resume
    | Cancel
    | RollBack
    | Migrate
)
