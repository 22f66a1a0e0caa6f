"""`assist`: an assistant proposes an output; a person, or the template with a bound on confidence, takes it."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.effects import OpenAssist
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Opening, Result, Waits
from apps.workflows.engine.schemas import schema_problem
from apps.workflows.engine.step_types import AssistStep
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
PERSON = "person"
AUTOMATIC = "automatic"
ACCEPTS = (PERSON, AUTOMATIC)


class Assist(Kind[AssistStep]):
    """Waits for a proposal; the output is what was accepted."""

    name = "assist"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> AssistStep:
        """Read purpose, input, output, approve_by, accept and min_confidence."""
        output = reader.value("output", required=True)
        problem = schema_problem(output) if output is not None else None
        if problem:
            reader.problem("schema", f"'output' is not a JSON Schema of an object: {problem}.", "output")
        accept = reader.word("accept", ACCEPTS, PERSON)
        if accept == AUTOMATIC and reader.data.get("min_confidence") is None:
            message = "Accepting without a person needs a bound."
            reader.problem("missing", message, "min_confidence", "Add min_confidence, for example 0.95.")
        if accept == PERSON and reader.data.get("min_confidence") is not None:
            message = "'min_confidence' has no effect where a person accepts."
            reader.problem("no_effect", message, "min_confidence", "Add accept: automatic, or remove it.")
        return AssistStep(
            **base,
            purpose=reader.text("purpose", required=True),
            input=reader.mapping("input"),
            output=output if isinstance(output, dict) and not problem else {},
            approve_by=reader.text("approve_by"),
            accept=accept,
            min_confidence=reader.number("min_confidence", 1.0, 0.0, 1.0),
        )

    def lint(self, step: AssistStep, path: str, lint: Lint) -> None:
        """The role that accepts must exist."""
        if step.approve_by:
            lint.known("role", step.approve_by, lint.catalogue.roles(), f"{path}.approve_by")

    def open(self, turn: Turn, step: AssistStep, opening: Opening) -> Result:
        """Ask for a proposal."""
        resolved = turn.resolve(step.input) if opening.override is None else opening.override
        asked = OpenAssist(
            visit=opening.visit,
            step=step.id,
            name=step.name,
            purpose=step.purpose,
            input=resolved,
            output=step.output,
            approve_by=step.approve_by,
            accept=step.accept,
            min_confidence=step.min_confidence,
            due_at=opening.due_at,
            audience=step.audience,
            epoch=opening.epoch,
        )
        return Waits({"pending": "assist", "input": resolved}, [asked])
