"""`set`: variables of the run."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import SetStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Result
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Set(Kind[SetStep]):
    """Sets `vars.<name>`; the output repeats the values."""

    name = "set"

    def parse(self, reader: Reader, base: Json) -> SetStep:
        """Read values."""
        return SetStep(**base, values=reader.mapping("values", required=True))

    def open(self, turn: Turn, step: SetStep, opening: Opening) -> Result:
        """Set them all at once: none sees another's new value."""
        values = turn.resolve(step.values)
        return Done(values, variables=values)
