"""`parallel`: branches at the same time, joined when all, any or a number of them have ended."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import ParallelStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Result, Runs, Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Parallel(Kind[ParallelStep]):
    """Runs branches side by side; what is still open at the join is closed."""

    name = "parallel"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> ParallelStep:
        """Read branches, labels and join."""
        raw = reader.list("branches", required=True)
        branches = tuple(
            reader.parse_steps(reader.report, branch, f"{reader.at('branches')}[{index}]")
            for index, branch in enumerate(raw)
        )
        if len(branches) < 2:
            reader.problem("branches", "A parallel needs at least two branches.", "branches")
        labels = tuple(str(label) for label in reader.list("labels"))
        return ParallelStep(**base, branches=branches, labels=labels, join=_join(reader, len(branches)))

    def open(self, turn: Turn, step: ParallelStep, opening: Opening) -> Result:
        """Start all branches."""
        return Runs([f"branches.{index}" for index in range(len(step.branches))], {"ended": []})

    def block_ended(self, turn: Turn, step: ParallelStep, visit: Visit, slot: str) -> Result:
        """Count the branch; join when enough have ended."""
        ended = [*visit.work.get("ended", []), int(slot.partition(".")[2])]
        return Done({"ended": ended}) if len(ended) >= step.join else Waits({"ended": ended})


def _join(reader: Reader, branches: int) -> int:
    value = reader.value("join")
    if value is None or value == "all":
        return branches
    if value == "any":
        return 1
    return reader.whole("join", branches, 1, max(branches, 1))
