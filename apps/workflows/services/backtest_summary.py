"""What a back-test found, added up portion by portion: numbers by kind, and a few runs to look at for each."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

Json = dict[str, Any]
SAMPLES = 5
NOBODY = "nobody named"


def add_up(summary: Json, looked: Iterable[tuple[UUID, Iterable[Mapping[str, Any]]]]) -> Json:
    """Return the summary with more runs added.

    Parts: ``kinds`` (runs by kind of difference), ``approvals_added`` and ``approvals_gone`` (by role),
    ``blocks_added``, ``blocks_gone``, ``outcomes``, ``outputs``, ``unanswered`` (each ``{..., count, samples}``) and
    ``elapsed`` (``{runs, longer, shorter, seconds}``).
    """
    added = {**summary}
    for run_id, differences in looked:
        kinds = set()
        for one in differences:
            kinds.add(str(one["kind"]))
            _ADD.get(one["kind"], _ignore)(added, one, run_id)
        for kind in kinds:
            added["kinds"] = {**added.get("kinds", {}), kind: added.get("kinds", {}).get(kind, 0) + 1}
    return added


def _ignore(_summary: Json, _one: Mapping[str, Any], _run_id: UUID) -> None:
    """Told with the run alone."""


def _roles(part: str) -> Any:
    def add(summary: Json, one: Mapping[str, Any], run_id: UUID) -> None:
        for role in one["roles"] or [NOBODY]:
            _count(summary, part, {"role": role, "step": one["step"]}, run_id)

    return add


def _block(part: str) -> Any:
    def add(summary: Json, one: Mapping[str, Any], run_id: UUID) -> None:
        _count(summary, part, {"step": one["step"], "code": one["code"]}, run_id)

    return add


def _outcome(summary: Json, one: Mapping[str, Any], run_id: UUID) -> None:
    _count(summary, "outcomes", {"before": one["before"], "after": one["after"]}, run_id)


def _outputs(summary: Json, one: Mapping[str, Any], run_id: UUID) -> None:
    for step in one["steps"]:
        _count(summary, "outputs", {"step": step}, run_id)


def _unanswered(summary: Json, one: Mapping[str, Any], run_id: UUID) -> None:
    _count(summary, "unanswered", {"step": one["step"], "asks": one["asks"], "why": one["why"]}, run_id)


def _elapsed(summary: Json, one: Mapping[str, Any], _run_id: UUID) -> None:
    held = {"runs": 0, "longer": 0, "shorter": 0, "seconds": 0.0, **summary.get("elapsed", {})}
    seconds = one["after"] - one["before"]
    held["runs"] += 1
    held["longer" if seconds > 0 else "shorter"] += 1
    held["seconds"] += seconds
    summary["elapsed"] = held


def _count(summary: Json, part: str, what: Json, run_id: UUID) -> None:
    rows = [dict(row) for row in summary.get(part, [])]
    row = next((row for row in rows if all(row[key] == value for key, value in what.items())), None)
    if row is None:
        row = {**what, "count": 0, "samples": []}
        rows.append(row)
    row["count"] += 1
    if len(row["samples"]) < SAMPLES and str(run_id) not in row["samples"]:
        row["samples"] = [*row["samples"], str(run_id)]
    summary[part] = rows


_ADD = {
    "approval_added": _roles("approvals_added"),
    "approval_gone": _roles("approvals_gone"),
    "block_added": _block("blocks_added"),
    "block_gone": _block("blocks_gone"),
    "outcome": _outcome,
    "outputs": _outputs,
    "elapsed": _elapsed,
    "unanswered": _unanswered,
}
