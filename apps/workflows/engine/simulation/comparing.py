"""How a run would have gone differently: two histories of one run, told apart in what people care about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.workflows.engine.history import (
    EXCEPTION_RAISED,
    RUN_FINISHED,
    STEP_COMPLETED,
    STEP_HANDLING,
    STEP_SKIPPED,
    STEP_STARTED,
    HistoryEvent,
    step_of,
)
from apps.workflows.engine.simulation.recorded import Rerun

Json = dict[str, Any]

APPROVAL_ADDED = "approval_added"
APPROVAL_GONE = "approval_gone"
BLOCK_ADDED = "block_added"
BLOCK_GONE = "block_gone"
OUTCOME = "outcome"
OUTPUTS = "outputs"
ELAPSED = "elapsed"
PATH = "path"
UNANSWERED = "unanswered"
KINDS = (
    *(APPROVAL_ADDED, APPROVAL_GONE, BLOCK_ADDED, BLOCK_GONE, OUTCOME, OUTPUTS, ELAPSED, PATH, UNANSWERED),
)
NOTICED = timedelta(minutes=1)
"""Elapsed times that differ by less are the same."""
REJECTED = "rejected"

Roles = Callable[[str], list[str]]
"""The roles asked by an approval, by its visit."""


@dataclass(slots=True)
class Profile:
    """What of a run is compared. `approvals` and `rejected` hold visits, `blocks` steps with their code."""

    path: dict[str, None] = field(default_factory=dict)
    approvals: dict[str, None] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    blocks: Counter[tuple[str, str]] = field(default_factory=Counter)
    outputs: Json = field(default_factory=dict)
    outcome: str = "running"
    output: Json = field(default_factory=dict)
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def elapsed(self) -> timedelta | None:
        """How long the run took; None while it runs."""
        return self.ended - self.began if self.began and self.ended else None


def profile(history: Iterable[HistoryEvent]) -> Profile:
    """Read off a history what is compared; compensations are left out, and what came after the end."""
    found = Profile()
    for event in history:
        visit = event.visit or ""
        if found.began is None:
            found.began = event.at
        if event.kind == RUN_FINISHED:
            found.outcome, found.output = event.data["outcome"], event.data["output"]
            found.ended = event.at
            break
        if not visit or visit.endswith("~undo"):
            continue
        _of_visit(found, event, visit)
    return found


def _of_visit(found: Profile, event: HistoryEvent, visit: str) -> None:
    data = event.data
    if event.kind == STEP_SKIPPED:
        found.skipped.add(visit)
    if event.kind in (STEP_STARTED, STEP_COMPLETED):
        found.path.setdefault(visit)
    if (data.get("work") or {}).get("pending") == "approval":
        found.approvals.setdefault(visit)
    if event.kind in (STEP_COMPLETED, STEP_HANDLING):
        found.outputs[step_of(visit)] = data.get("output")
        if visit in found.approvals and (data.get("output") or {}).get("outcome") == REJECTED:
            found.rejected.add(visit)
    if event.kind == EXCEPTION_RAISED:
        found.blocks[step_of(visit), str(data["code"])] += 1
        if data["code"] == REJECTED:
            found.rejected.add(visit)


def differences(before: Profile, rerun: Rerun, roles_before: Roles, roles_after: Roles) -> list[Json]:
    """Everything that differs, one JSON object each, with `kind`; empty when the run would have gone the same way.

    Of a run that stops at a question nobody answered, only what is certain up to there is told.
    """
    after = profile(rerun.run.history)
    stopped = rerun.is_stopped
    found = [*_approvals(before, after, stopped, roles_before, roles_after), *_blocks(before, after, stopped)]
    if not stopped and before.outcome != after.outcome:
        found.append({"kind": OUTCOME, "before": before.outcome, "after": after.outcome})
    changed = _outputs(before, after)
    if changed:
        found.append({"kind": OUTPUTS, "steps": changed})
    if not stopped and before.elapsed is not None and after.elapsed is not None:
        longer = after.elapsed - before.elapsed
        if abs(longer) >= NOTICED:
            found.append(
                {
                    "kind": ELAPSED,
                    "before": before.elapsed.total_seconds(),
                    "after": after.elapsed.total_seconds(),
                }
            )
    path = _path(before, after, stopped)
    if path:
        found.append({"kind": PATH, **path})
    found.extend(
        {"kind": UNANSWERED, "step": step_of(one.visit), "visit": one.visit, "asks": one.kind, "why": one.why}
        for one in rerun.unanswered
    )
    return found


def _approvals(
    before: Profile, after: Profile, stopped: bool, roles_before: Roles, roles_after: Roles
) -> list[Json]:
    added = [
        {"kind": APPROVAL_ADDED, "step": step_of(visit), "visit": visit, "roles": roles_after(visit)}
        for visit in after.approvals
        if visit not in before.approvals
    ]
    gone = [
        {"kind": APPROVAL_GONE, "step": step_of(visit), "visit": visit, "roles": roles_before(visit)}
        for visit in before.approvals
        if visit not in after.approvals and (visit in after.skipped or not stopped)
    ]
    return added + gone


def _blocks(before: Profile, after: Profile, stopped: bool) -> list[Json]:
    found = [
        {"kind": BLOCK_ADDED, "step": step, "code": code} for step, code in (after.blocks - before.blocks)
    ]
    found += [
        {"kind": BLOCK_ADDED, "step": step_of(visit), "code": REJECTED}
        for visit in sorted(after.rejected - before.rejected)
        if (step_of(visit), REJECTED) not in after.blocks
    ]
    if not stopped:
        found += [
            {"kind": BLOCK_GONE, "step": step, "code": code} for step, code in (before.blocks - after.blocks)
        ]
    return found


def _outputs(before: Profile, after: Profile) -> list[str]:
    changed = [
        step
        for step, output in after.outputs.items()
        if step in before.outputs and before.outputs[step] != output
    ]
    if before.ended and after.ended and before.outcome == after.outcome and before.output != after.output:
        changed.append("")
    return changed


def _path(before: Profile, after: Profile, stopped: bool) -> Json:
    """Steps the run comes to more often, or less often, than it did."""
    was, now = Counter(map(step_of, before.path)), Counter(map(step_of, after.path))
    added = list(dict.fromkeys(step for step in map(step_of, after.path) if now[step] > was[step]))
    gone = list(dict.fromkeys(step for step in map(step_of, before.path) if was[step] > now[step]))
    if stopped:
        skipped = {step_of(visit) for visit in after.skipped}
        gone = [step for step in gone if step in skipped]
    return {"added": added, "gone": gone} if added or gone else {}
