"""`action`: a call through a connection, with automatic attempts and a compensation for roll-backs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.expressions import ExpressionError
from apps.workflows.engine.definition import ActionStep, Compensation
from apps.workflows.engine.effects import PerformAction
from apps.workflows.engine.error_rules import read_retry
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Result, Waits
from apps.workflows.engine.retry import is_last
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
INTERNAL = "internal"


class Action(Kind[ActionStep]):
    """Performs an operation; the output is its result."""

    name = "action"
    has_limit = True
    retries_by_default = True

    def parse(self, reader: Reader, base: Json) -> ActionStep:
        """Read connection, operation, input, retry, timeout and compensate."""
        connection = reader.text("connection", INTERNAL)
        return ActionStep(
            **base,
            connection=connection,
            operation=reader.text("operation", required=True),
            input=reader.mapping("input"),
            retry=read_retry(reader.inner("retry")),
            timeout=None if isinstance(reader.value("timeout"), dict) else reader.duration("timeout"),
            compensate=_compensation(reader.inner("compensate"), connection),
        )

    def lint(self, step: ActionStep, path: str, lint: Lint) -> None:
        """Slots must be declared and their operations exist."""
        lint.operation(step.connection, step.operation, path)
        if step.compensate:
            lint.operation(step.compensate.connection, step.compensate.operation, f"{path}.compensate")

    def open(self, turn: Turn, step: ActionStep, opening: Opening) -> Result:
        """Perform the operation at once."""
        resolved = turn.resolve(step.input) if opening.override is None else opening.override
        performed = perform(step, opening, resolved, None)
        return Waits({"pending": "action", "input": resolved}, [performed])

    def completed(self, turn: Turn, step: ActionStep, visit: Visit, output: Json) -> Result:
        """Remember what a roll-back has to do, with the values of now."""
        return Done(output, undo=_undo(turn, step, visit, output) if step.compensate else None)


def perform(step: ActionStep, opening: Opening, resolved: Json, run_at: datetime | None) -> PerformAction:
    """The effect of one attempt."""
    return PerformAction(
        visit=opening.visit,
        step=step.id,
        name=step.name,
        connection=step.connection,
        operation=step.operation,
        input=resolved,
        epoch=opening.epoch,
        attempt=opening.attempt,
        idempotency=f"{opening.visit}/{opening.epoch}",
        run_at=run_at,
        timeout=step.timeout,
        last_attempt=is_last(step, opening.attempt, retries_by_default=True),
    )


def _compensation(reader: Reader | None, connection: str) -> Compensation | None:
    if reader is None:
        return None
    compensation = Compensation(
        connection=reader.text("connection", connection),
        operation=reader.text("operation", required=True),
        input=reader.mapping("input"),
    )
    reader.close()
    return compensation


def _undo(turn: Turn, step: ActionStep, visit: Visit, output: Json) -> Json:
    compensation = step.compensate
    if compensation is None:
        return {}
    undo: Json = {
        "visit": visit.id,
        "connection": compensation.connection,
        "operation": compensation.operation,
    }
    if visit.epoch != 1:
        undo["epoch"] = visit.epoch
    outputs = {**turn.scope()["steps"], step.id: output}
    try:
        return {**undo, "input": turn.resolve(compensation.input, steps=outputs)}
    except ExpressionError as error:
        return {**undo, "input": {}, "error": error.message}
