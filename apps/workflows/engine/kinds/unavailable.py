"""Step kinds the format names and this version refuses: `for_each` and `assist`."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import UnavailableStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Fails, Opening, Result
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Unavailable(Kind[UnavailableStep]):
    """Readable, so that everything around and inside it is still judged; never publishable."""

    def __init__(self, name: str) -> None:
        self.name = name

    def parse(self, reader: Reader, base: Json) -> UnavailableStep:
        """Read nested steps; accept all other keys."""
        inside = reader.steps("steps") if isinstance(reader.data.get("steps"), list) else ()
        reader.seen.update(reader.data)
        return UnavailableStep(**base, blocks_inside=(inside,))

    def lint(self, step: UnavailableStep, path: str, lint: Lint) -> None:
        """Refuse."""
        message = f"Steps of the kind '{step.kind}' are not available."
        lint.report.add("kind_not_available", message, f"{path}.kind", "Use another kind of step.")

    def open(self, turn: Turn, step: UnavailableStep, opening: Opening) -> Result:
        """A template that was never linted fails here, with words."""
        return Fails(StepError("kind_not_available", f"Steps of the kind '{step.kind}' are not available."))
