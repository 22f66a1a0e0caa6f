"""What a step kind is: how it is read, judged, opened, and how it takes answers."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from apps.workflows.engine.definition import Step
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Ignored, Opening, Result
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
StepT = TypeVar("StepT", bound=Step)


class Kind(Generic[StepT]):
    """Behaviour of one step kind; stateless. The defaults fit kinds that never get the answer in question."""

    name = ""
    retries_by_default = False
    """Whether failures marked as transient are retried without the template saying so."""
    has_limit = False
    """Whether the whole step may have a `timeout: {after, then}`."""

    def parse(self, reader: Reader, base: Json) -> StepT:
        """Read the kind's own keys; `base` holds those every step has."""
        raise NotImplementedError

    def lint(self, step: StepT, path: str, lint: Lint) -> None:
        """Judge what the step refers to."""

    def open(self, turn: Turn, step: StepT, opening: Opening) -> Result:
        """A visit begins, or begins again after a failure. May raise ExpressionError or ValueError."""
        raise NotImplementedError

    def completed(self, turn: Turn, step: StepT, visit: Visit, output: Json) -> Result:
        """The work asked for was done."""
        return Done(output)

    def facts_gathered(self, turn: Turn, step: StepT, visit: Visit, facts: Json) -> Result:
        """The facts asked for are there."""
        return Ignored("not_waiting")

    def event_received(self, turn: Turn, step: StepT, visit: Visit, event: Json) -> Result:
        """An event the visit waits for may have come."""
        return Ignored("not_waiting")

    def answered_by_hand(self, turn: Turn, step: StepT, visit: Visit, event: Json) -> Result:
        """A person says that the event the visit waits for has come."""
        return Ignored("not_waiting")

    def timer_fired(self, turn: Turn, step: StepT, visit: Visit, purpose: str) -> Result:
        """A timer of the kind itself has come due."""
        return Ignored("not_waiting")

    def block_ended(self, turn: Turn, step: StepT, visit: Visit, slot: str) -> Result:
        """A nested list came to its end."""
        return Ignored("not_waiting")
