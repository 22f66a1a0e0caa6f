"""`subflow`: another template runs as a child; its output is the step's."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import SubflowStep
from apps.workflows.engine.effects import StartSubflow
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Result, Waits
from apps.workflows.engine.settling import child_undo
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Subflow(Kind[SubflowStep]):
    """Starts a child run and waits for it."""

    name = "subflow"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> SubflowStep:
        """Read template and input."""
        return SubflowStep(
            **base, template=reader.text("template", required=True), input=reader.mapping("input")
        )

    def lint(self, step: SubflowStep, path: str, lint: Lint) -> None:
        """The template must exist and not be this one."""
        where = f"{path}.template"
        if step.template == lint.definition.key:
            lint.report.add(
                "endless", "A template cannot run itself.", where, "Use return_to for repetition."
            )
            return
        lint.known("template", step.template, lint.catalogue.templates(), where)

    def open(self, turn: Turn, step: SubflowStep, opening: Opening) -> Result:
        """Start the child."""
        resolved = turn.resolve(step.input) if opening.override is None else opening.override
        started = StartSubflow(
            visit=opening.visit,
            step=step.id,
            name=step.name,
            template=step.template,
            input=resolved,
            epoch=opening.epoch,
            attempt=opening.attempt,
        )
        return Waits({"pending": "subflow", "input": resolved}, [started])

    def completed(self, turn: Turn, step: SubflowStep, visit: Visit, output: Json) -> Result:
        """The child has ended; a roll-back will have it rolled back."""
        return Done(output, undo=child_undo(visit))
