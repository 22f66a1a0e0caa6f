"""Effects: what the shell must do because of a decision. Plain data; executing one twice must be harmless.

Every effect that starts work for a visit is answered later by exactly one command for that visit (`CompleteStep`,
`FailStep`, `FactsGathered`, `ReceiveEvent` or `FireTimer`); the shell may answer inside the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

MATTERS = ("contractual", "financial", "compliance")
"""Kinds of matters that an approval may decide."""


@dataclass(frozen=True, slots=True)
class OpenApproval:
    """Open an approval request. Answer: `CompleteStep(output={"outcome": "approved" | "rejected" | ..., ...})`.

    `policy` is the key of a policy or an inline policy; `show` is what the approver sees, and `editable` names what of it
    he may correct. `prepared_by` is a person, or a list of them, who must not decide. `decides` are kinds of matters.
    """

    visit: str
    step: str
    name: str
    policy: str | Json
    show: Json
    subject: Any
    requested_by: Any
    due_at: datetime | None
    audience: str
    epoch: int
    prepared_by: Any = None
    editable: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenUserTask:
    """Open a task for a person. `form` is a JSON Schema; answer: `CompleteStep(output=<form data>)`."""

    visit: str
    step: str
    name: str
    form: Json
    assignee: Json
    show: Json
    prefill: Json
    due_at: datetime | None
    audience: str
    epoch: int


@dataclass(frozen=True, slots=True)
class PerformAction:
    """Perform an operation through a connection slot (`internal` is the platform itself).

    Commit the intent first, then call not before `run_at` (None: at once). `idempotency` is unique for run, visit
    and epoch and equal over automatic attempts: derive the key from it. Answer with `epoch` and `attempt`.
    """

    visit: str
    step: str
    name: str
    connection: str
    operation: str
    input: Json
    epoch: int
    attempt: int
    idempotency: str
    run_at: datetime | None = None
    timeout: timedelta | None = None
    last_attempt: bool = False


@dataclass(frozen=True, slots=True)
class Compensate:
    """Undo a completed action during a roll-back; like `PerformAction`, with a visit id of its own."""

    visit: str
    undoes: str
    step: str
    name: str
    connection: str
    operation: str
    input: Json
    epoch: int
    attempt: int
    idempotency: str
    run_at: datetime | None = None
    timeout: timedelta | None = None
    last_attempt: bool = False


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Hand a message to messaging. Answer: `CompleteStep` once it is accepted there, not once it is delivered."""

    visit: str
    step: str
    message: str
    to: Any
    data: Json
    audience: str
    epoch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class StartSubflow:
    """Start a child run. Answer: `CompleteStep(output=<its output>)` or `FailStep` when it ends badly."""

    visit: str
    step: str
    name: str
    template: str
    input: Json
    epoch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class RollBackChild:
    """Roll back the child run that a subflow (`child_visit` in its `child_epoch`) started, whether it has ended or not.

    While it is open, `visit` is the subflow's own: its end is the answer, as ever. Later `visit` is the undoing of the
    subflow. Answer: `CompleteStep` once the child is rolled back, `FailStep` when there is nothing to roll it back by.
    """

    visit: str
    child_visit: str
    child_epoch: int
    step: str
    name: str
    epoch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class OpenAssist:
    """Ask for a proposal. Answer: `CompleteStep(output=<what was accepted>)`; it must fit `output`, a JSON Schema.

    `approve_by` is the role that may accept ('': whoever may settle the run's exceptions). With `accept` automatic a
    proposal of `min_confidence` or more is taken without a person.
    """

    visit: str
    step: str
    name: str
    purpose: str
    input: Json
    output: Json
    approve_by: str
    accept: str
    min_confidence: float
    due_at: datetime | None
    audience: str
    epoch: int


@dataclass(frozen=True, slots=True)
class GatherFacts:
    """Run a named query. Answer: `FactsGathered`, or `FailStep` when the query fails."""

    visit: str
    step: str
    query: str
    input: Json
    epoch: int


@dataclass(frozen=True, slots=True)
class AwaitEvent:
    """Subscribe the visit to events of a type. Answer: `ReceiveEvent` for each candidate until `StopAwaiting`.

    `correlation` maps a dotted path inside the event (`data.project_id`) to the value it must have: an index for the
    shell, necessary but not sufficient. `match` and `scope` are complete: `matching.matches(match, scope, event)`.
    """

    visit: str
    step: str
    type: str
    match: str | None
    scope: Json
    correlation: Json


@dataclass(frozen=True, slots=True)
class StopAwaiting:
    """Drop the subscription of the visit."""

    visit: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Send `FireTimer(timer)` at `at`. `purpose`: due, for, until, timeout or retry. Restarting moves the time."""

    timer: str
    visit: str
    at: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class StopTimer:
    """The timer is no longer needed."""

    timer: str
    visit: str


@dataclass(frozen=True, slots=True)
class MoveDue:
    """The open approval or user task (`kind`) of the visit is due at another time, or (None) at none."""

    visit: str
    step: str
    kind: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoteOverdue:
    """The visit passed its due date; nothing failed. For escalation and measurement."""

    visit: str
    step: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoteRunOverdue:
    """The run passed its deadline. `then` is what its template says: note, exception, cancel or roll_back.

    For `exception` the shell tells the template's technical owner; the other two follow in the same decision.
    """

    due_at: datetime
    then: str


@dataclass(frozen=True, slots=True)
class RaiseException:
    """The visit needs a person. Raised again for the same visit it replaces what was shown.

    `owner` is `{"role": ...}`, `{"user": ...}` or None (then the template's technical owner); `payload` is the
    resolved input for "edit and retry", None where there is nothing to edit.
    """

    visit: str
    step: str
    name: str
    code: str
    message: str
    owner: Json | None
    details: Json
    payload: Json | None
    audience: str
    epoch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class ReassignWork:
    """Another person or role now has the open user task (`kind` user_task) or the exception (`exception`) of a visit."""

    visit: str
    step: str
    kind: str
    assignee: Json


@dataclass(frozen=True, slots=True)
class ClearException:
    """The exception of the visit is over. `how`: retried, skipped, rechecked or closed."""

    visit: str
    how: str


@dataclass(frozen=True, slots=True)
class CloseWork:
    """Withdraw the open approval, user task, action, message, query or child run of a visit.

    With `drain` what it does is not forgotten. An action is withdrawn if it was not yet sent, and answered with
    `FailStep(code="withdrawn")`; one under way finishes and is answered as usual, with its `epoch`. A child run is
    cancelled so that it can still be rolled back.
    """

    visit: str
    step: str
    kind: str
    reason: str
    drain: bool = False
    epoch: int = 1


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over. `outcome`: completed, cancelled, rolled_back or what an `end` step says."""

    outcome: str
    output: Json
    reason: str = ""
    had_deadline: bool = False


Effect = (
    OpenApproval
    | OpenUserTask
    | PerformAction
    | Compensate
    | SendMessage
    | StartSubflow
    | RollBackChild
    | OpenAssist
    | GatherFacts
    | AwaitEvent
    | StopAwaiting
    | StartTimer
    | StopTimer
    | MoveDue
    | NoteOverdue
    | NoteRunOverdue
    | RaiseException
    | ReassignWork
    | ClearException
    | CloseWork
    | RunFinished
)
