"""`end`: the whole run ends here, whatever else is open."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import EndStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Ends, Opening, Result
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
RESERVED = ("cancelled", "rolled_back")


class End(Kind[EndStep]):
    """Ends the run with an outcome and, for a parent run, an output."""

    name = "end"

    def parse(self, reader: Reader, base: Json) -> EndStep:
        """Read outcome and output."""
        outcome = reader.text("outcome", "completed")
        if outcome in RESERVED:
            reader.problem(
                "reserved", f"The outcome '{outcome}' is made by people only.", "outcome", "Use another word."
            )
        elif not outcome.replace("_", "").isalnum() or len(outcome) > 40:
            reader.problem("outcome", "An outcome is one word of letters, digits and '_'.", "outcome")
        return EndStep(**base, outcome=outcome, output=reader.mapping("output"))

    def open(self, turn: Turn, step: EndStep, opening: Opening) -> Result:
        """End the run."""
        return Ends(step.outcome, turn.resolve(step.output))
