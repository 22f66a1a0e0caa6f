"""The state of a run: a small value, equal to the replay of its history at any time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from apps.workflows.engine.history import step_of, visit_id

Json = dict[str, Any]

NEW = "new"
RUNNING = "running"
ROLLING_BACK = "rolling_back"
FINISHED = "finished"

OPEN = "open"
"""The visit waits for its work, its event, its timer, or for its nested steps."""
EXCEPTION = "exception"
"""The visit waits for a person to retry, skip or roll back."""
HANDLING = "handling"
"""A nested list (`on_error`, `on_fail`, `on_reject`, `on_changes`, timeout) runs in place of the step."""
RETRYING = "retrying"
"""The visit waits for its next automatic attempt."""
DRAINING = "draining"
"""A roll-back waits for the outcome of an action that was under way."""


@dataclass(slots=True)
class Scope:
    """One item of a loop under way: what the steps inside know of it. Its id is `<visit of the loop>/<index>`.

    `parent` is the scope the loop itself stands in ('' for the run), `outputs` and `counts` are those of this item alone.
    """

    id: str
    parent: str
    item: Any
    outputs: Json = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    has_ended: bool = False

    @property
    def loop(self) -> str:
        """The visit of the loop."""
        return self.id.rpartition("/")[0]

    @property
    def index(self) -> int:
        """The place of the item in the list, from 0."""
        return int(self.id.rpartition("/")[2])

    def copy(self) -> Scope:
        """An independent copy."""
        return Scope(self.id, self.parent, self.item, dict(self.outputs), dict(self.counts), self.has_ended)


@dataclass(slots=True)
class Visit:
    """One open visit of a step. Closed visits leave the state; history keeps them.

    `timers` maps a purpose to the ISO time it fires; `work` holds what the step's kind needs to go on; `scope` is the
    item of a loop it belongs to, '' outside of loops; `of` is the step where a migration has made it another one than
    the id says.
    """

    id: str
    status: str = OPEN
    epoch: int = 1
    attempt: int = 1
    since: str = ""
    timers: Json = field(default_factory=dict)
    work: Json = field(default_factory=dict)
    scope: str = ""
    of: str = ""

    @property
    def step(self) -> str:
        """Id of the step this is a visit of."""
        return self.of or step_of(self.id)

    @property
    def is_undo(self) -> bool:
        """Whether the visit compensates another one."""
        return self.id.endswith("~undo")

    def timer_id(self, purpose: str) -> str:
        """Id of the visit's timer for a purpose."""
        return f"{self.id}/{purpose}"

    def due_at(self) -> datetime | None:
        """When the visit is due, if it has a due date that has not passed."""
        at = self.timers.get("due")
        return datetime.fromisoformat(at) if at else None

    def to_json(self) -> Json:
        """The visit as JSON, without what has its default value."""
        data: Json = {"id": self.id, "status": self.status, "since": self.since}
        if self.epoch != 1:
            data["epoch"] = self.epoch
        if self.attempt != 1:
            data["attempt"] = self.attempt
        if self.timers:
            data["timers"] = self.timers
        if self.work:
            data["work"] = self.work
        if self.scope:
            data["scope"] = self.scope
        if self.of:
            data["of"] = self.of
        return data

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            id=data["id"],
            status=data["status"],
            epoch=data.get("epoch", 1),
            attempt=data.get("attempt", 1),
            since=data["since"],
            timers=dict(data.get("timers", {})),
            work=dict(data.get("work", {})),
            scope=data.get("scope", ""),
            of=data.get("of", ""),
        )


@dataclass(slots=True)
class Late:
    """An action that was withdrawn when it may have been under way, and whose outcome is awaited for a roll-back.

    `undo` is what would undo it: `connection`, `operation` and `input`, its expressions as the template has them. `known`
    are the values they name, as they were at the withdrawal; only the output is missing, which stands under `own`, the id
    of the step then. A migration may make `step` another one.
    """

    visit: str
    step: str
    name: str
    epoch: int
    attempt: int
    since: str
    own: str
    undo: Json
    known: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A visit may await the outcomes of several epochs."""
        return late_id(self.visit, self.epoch)


def late_id(visit: str, epoch: int) -> str:
    """The id of what is awaited of an epoch of a visit."""
    return f"{visit}/{epoch}"


@dataclass(slots=True)
class RunState:
    """Where a run stands.

    `start` (input, run, event, subject) never changes after the first event, so a shell may store it apart:
    `live_json()` leaves it out. `outputs` holds the latest visit's output of each step, `counts` the number of visits,
    `undo` the compensations of completed actions in order of completion: `{visit, connection, operation, input}`, or
    `{visit, subflow: true}` for a child run; with `epoch` where it is not the first. `late` are actions whose outcome
    is awaited though nothing else waits for it; a finished run that is `undoable` keeps both for its parent. One that is
    rolled back has an `outcome` already if it had ended before.

    `pauses` says by source who holds the run: `{reason, actor, since}`. `held` is what waits until nobody does, in order:
    `{enter: step, owner: visit | None, scope}`, `{timer: id}`, `{open: visit, epoch, input, migrated}`,
    `{perform: visit}` or `{finish: {outcome, output, reason}}`. Entries that no longer apply are passed over.
    """

    status: str = NEW
    outcome: str = ""
    start: Json = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    vars: Json = field(default_factory=dict)
    undo: list[Json] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)
    """When what offsets count from was: `start`, `step.<id>`."""
    pauses: Json = field(default_factory=dict)
    held: list[Json] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)
    """Items of loops that are under way, by id."""
    deadline: str = ""
    """When the run passes its deadline, while it has one that has not passed."""
    late: dict[str, Late] = field(default_factory=dict)
    undoable: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether the run is over; then no command changes it any more."""
        return self.status == FINISHED

    @property
    def exceptions(self) -> list[Visit]:
        """Visits that wait for a person because automation stopped."""
        return [visit for visit in self.visits.values() if visit.status == EXCEPTION]

    def current(self, step: str) -> str:
        """Id of the latest visit of a step outside of loops, also of one that a migration has made a visit of it."""
        newest = visit_id(step, self.counts.get(step, 0))
        if newest in self.visits:
            return newest
        visits = reversed(self.visits.values())
        return next((visit.id for visit in visits if visit.step == step and not visit.scope), newest)

    def step_of_loop(self, scope: str) -> str:
        """Id of the loop an item belongs to."""
        loop = self.scopes[scope].loop
        visit = self.visits.get(loop)
        return visit.step if visit else step_of(loop)

    def live_json(self) -> Json:
        """The changing part of the state as JSON, without what most runs never have."""
        data: Json = {
            "status": self.status,
            "outcome": self.outcome,
            "visits": [visit.to_json() for visit in self.visits.values()],
            "outputs": self.outputs,
            "counts": self.counts,
            "vars": self.vars,
            "undo": self.undo,
        }
        if self.anchors:
            data["anchors"] = self.anchors
        if self.pauses:
            data["pauses"] = self.pauses
        if self.held:
            data["held"] = self.held
        if self.deadline:
            data["deadline"] = self.deadline
        if self.scopes:
            data["scopes"] = [asdict(scope) for scope in self.scopes.values()]
        if self.late:
            data["late"] = [asdict(late) for late in self.late.values()]
        if self.undoable:
            data["undoable"] = True
        return data

    def to_json(self) -> Json:
        """The whole state as JSON; `from_json` is the inverse."""
        return {**self.live_json(), "start": self.start}

    @classmethod
    def from_json(cls, data: Json, start: Json | None = None) -> Self:
        """Read what `to_json` (or `live_json`, with `start` given) wrote."""
        visits = [Visit.from_json(item) for item in data["visits"]]
        late = [Late(**item) for item in data.get("late", [])]
        return cls(
            status=data["status"],
            outcome=data["outcome"],
            start=data["start"] if start is None else start,
            visits={visit.id: visit for visit in visits},
            outputs=dict(data["outputs"]),
            counts=dict(data["counts"]),
            vars=dict(data["vars"]),
            undo=list(data["undo"]),
            anchors=dict(data.get("anchors", {})),
            pauses=dict(data.get("pauses", {})),
            held=list(data.get("held", [])),
            deadline=data.get("deadline", ""),
            scopes={item["id"]: Scope(**item) for item in data.get("scopes", [])},
            late={item.id: item for item in late},
            undoable=data.get("undoable", False),
        )

    def copy(self) -> Self:
        """An independent copy; nested JSON values are shared because nobody changes them in place."""
        return type(self)(
            status=self.status,
            outcome=self.outcome,
            start=self.start,
            visits={
                key: Visit(
                    v.id, v.status, v.epoch, v.attempt, v.since, dict(v.timers), dict(v.work), v.scope, v.of
                )
                for key, v in self.visits.items()
            },
            outputs=dict(self.outputs),
            counts=dict(self.counts),
            vars=dict(self.vars),
            undo=list(self.undo),
            anchors=dict(self.anchors),
            pauses=dict(self.pauses),
            held=list(self.held),
            deadline=self.deadline,
            scopes={key: scope.copy() for key, scope in self.scopes.items()},
            late={key: replace(late) for key, late in self.late.items()},
            undoable=self.undoable,
        )
