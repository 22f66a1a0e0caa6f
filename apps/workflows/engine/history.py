"""History: the facts of a run, in order. They hold everything the state is made of; no expression is evaluated again.

| kind | visit | data |
|---|---|---|
| run_started | - | input, run, event, subject; of a replay seed {outputs, vars, counts}, at; pauses; deadline; child |
| step_started | yes | timers {purpose: time}, work (kind-specific: what was asked and of whom) |
| step_progressed | yes | work (merged), timers (replaced by purpose; null removes), facts (what a check was told) |
| step_skipped | yes | reason `when`: the step's condition was false |
| step_completed | yes | output, how (completed, skipped, continued), actor, reason, undo (for a roll-back) |
| step_handling | yes | slot (which nested list now runs instead), output |
| step_overdue | yes | due_at |
| step_failed | yes | error, attempt, retry_at (null: no attempt left, an exception or `on_error` follows) |
| step_retried | yes | epoch, attempt (1 if left out), actor, reason, input (when a person changed it) |
| step_closed | yes | reason: join, rework, item_failed, jumped, skipped, timed_out, end, cancelled, rolled_back |
| outcome_awaited | yes | step, name, epoch, attempt, undo, known: withdrawn, and it may happen all the same |
| late_outcome | yes | epoch; output, undo where it happened; unknown, undo where nobody knows; of a child run only undo |
| exception_raised | yes | code, message, owner, details |
| exception_cleared | yes | how |
| variables_set | yes | values |
| item_started | yes | index: an item of a loop begins |
| item_ended | yes | index, output, or error {code, message} where the item failed |
| returned | yes | to, count |
| wait_answered | yes | event (data, or null: the time has passed), actor, reason |
| reassigned | yes | assignee, actor, reason |
| jumped | - | to, count, actor, reason |
| run_paused | - | source, reason, actor; party, where it is said |
| run_resumed | - | source, reason, actor |
| run_held | - | held: all that waits until nothing holds the run any more (replaces the former list) |
| run_overdue | - | due_at, then (what the template says: note, exception, cancel, roll_back) |
| rollback_started | - | reason, actor; by_parent where a finished run is rolled back |
| run_migrated | - | from, to, steps {old id: new id}, plan, lost, gone, anchors, work, input, vars, outputs, deadline, ... |
| run_finished | - | outcome, output, reason, actor; undoable where the run that started it may undo it |

The first fact about a visit inside a loop also says `scope`: the item it belongs to, `<visit of the loop>/<index>`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

Json = dict[str, Any]

RUN_STARTED = "run_started"
STEP_STARTED = "step_started"
STEP_PROGRESSED = "step_progressed"
STEP_SKIPPED = "step_skipped"
STEP_COMPLETED = "step_completed"
STEP_HANDLING = "step_handling"
STEP_OVERDUE = "step_overdue"
STEP_FAILED = "step_failed"
STEP_RETRIED = "step_retried"
STEP_CLOSED = "step_closed"
OUTCOME_AWAITED = "outcome_awaited"
LATE_OUTCOME = "late_outcome"
EXCEPTION_RAISED = "exception_raised"
EXCEPTION_CLEARED = "exception_cleared"
VARIABLES_SET = "variables_set"
ITEM_STARTED = "item_started"
ITEM_ENDED = "item_ended"
RETURNED = "returned"
WAIT_ANSWERED = "wait_answered"
REASSIGNED = "reassigned"
JUMPED = "jumped"
RUN_PAUSED = "run_paused"
RUN_RESUMED = "run_resumed"
RUN_HELD = "run_held"
RUN_OVERDUE = "run_overdue"
ROLLBACK_STARTED = "rollback_started"
RUN_MIGRATED = "run_migrated"
RUN_FINISHED = "run_finished"

KINDS = (
    RUN_STARTED,
    STEP_STARTED,
    STEP_PROGRESSED,
    STEP_SKIPPED,
    STEP_COMPLETED,
    STEP_HANDLING,
    STEP_OVERDUE,
    STEP_FAILED,
    STEP_RETRIED,
    STEP_CLOSED,
    OUTCOME_AWAITED,
    LATE_OUTCOME,
    EXCEPTION_RAISED,
    EXCEPTION_CLEARED,
    VARIABLES_SET,
    ITEM_STARTED,
    ITEM_ENDED,
    RETURNED,
    WAIT_ANSWERED,
    REASSIGNED,
    JUMPED,
    RUN_PAUSED,
    RUN_RESUMED,
    RUN_HELD,
    RUN_OVERDUE,
    ROLLBACK_STARTED,
    RUN_MIGRATED,
    RUN_FINISHED,
)


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One fact about a run. `data` is JSON and is never changed after the event was made."""

    kind: str
    visit: str | None
    at: datetime
    data: Json = field(default_factory=dict)

    @property
    def step(self) -> str | None:
        """The id of the step the visit belongs to."""
        return step_of(self.visit) if self.visit else None

    def to_json(self) -> Json:
        """The event as JSON; `from_json` is the inverse."""
        return {"kind": self.kind, "visit": self.visit, "at": self.at.isoformat(), "data": self.data}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read what `to_json` wrote."""
        return cls(data["kind"], data["visit"], datetime.fromisoformat(data["at"]), data["data"])


def visit_id(step: str, number: int) -> str:
    """The id of the n-th visit of a step: `approve#1`."""
    return f"{step}#{number}"


def undo_id(visit: str, epoch: int = 1) -> str:
    """The id of the visit that compensates an epoch of `visit`: `create_project#1~undo`, `create_project#1~2~undo`."""
    return f"{visit}~undo" if epoch == 1 else f"{visit}~{epoch}~undo"


def step_of(visit: str) -> str:
    """The step id inside a visit id, also of a compensating visit."""
    return visit.partition("#")[0]
