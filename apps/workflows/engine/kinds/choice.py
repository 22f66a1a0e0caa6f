"""`choice`: the first case whose condition holds."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import Case, ChoiceStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Result, Runs
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Choice(Kind[ChoiceStep]):
    """Runs one of several lists, or none; the output names it."""

    name = "choice"

    def parse(self, reader: Reader, base: Json) -> ChoiceStep:
        """Read cases and otherwise."""
        cases = tuple(_case(inner) for inner in reader.readers("cases"))
        if not cases:
            reader.problem("empty", "A choice needs at least one case.", "cases")
        return ChoiceStep(**base, cases=cases, otherwise=reader.steps("otherwise"))

    def open(self, turn: Turn, step: ChoiceStep, opening: Opening) -> Result:
        """Evaluate the conditions in order."""
        for index, case in enumerate(step.cases):
            if turn.holds(case.when):
                return _run(f"cases.{index}", case.steps)
        return _run("otherwise", step.otherwise)

    def block_ended(self, turn: Turn, step: ChoiceStep, visit: Visit, slot: str) -> Result:
        """The case has run."""
        return Done({"case": slot})


def _case(reader: Reader) -> Case:
    when = reader.expression("when", required=True) or "false"
    case = Case(when, reader.steps("steps"), reader.text("label"))
    reader.close()
    return case


def _run(slot: str, steps: tuple[Any, ...]) -> Result:
    return Runs([slot], {"case": slot}) if steps else Done({"case": slot})
