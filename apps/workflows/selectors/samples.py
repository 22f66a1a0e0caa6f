"""What an expression would give: evaluated over a past run of the template, or over an input made up for it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.core.clock import now
from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.state import RunState
from apps.workflows.selectors.drafts import run_of_template

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sampled:
    """The value, or what is wrong: ``error`` with message, code, line and column (from 1, inside the expression)."""

    value: Any = None
    error: Json | None = None


def evaluate_sample(
    *, template_key: str, expression: str, run_id: UUID | None = None, input: Json | None = None
) -> Sampled:
    """Evaluate over the outputs and variables a run has now, else over an input alone; raise UnknownRun."""
    scope = _scope_of_run(template_key, run_id) if run_id else _scope_of_input(input or {})
    try:
        return Sampled(compile_expression(expression).evaluate({**scope, "now": now()}))
    except ExpressionError as error:
        return Sampled(
            error={
                "message": error.message.removesuffix(f" In: {error.source}"),
                "code": error.code,
                "line": error.line,
                "column": error.column,
            }
        )


def _scope_of_run(template_key: str, run_id: UUID) -> Json:
    run = run_of_template(template_key, run_id)
    state = RunState.from_json(run.state, run.start)
    return {
        "input": state.start.get("input"),
        "event": state.start.get("event"),
        "run": state.start.get("run"),
        "subject": state.start.get("subject"),
        "steps": state.outputs,
        "vars": state.vars,
    }


def _scope_of_input(input: Json) -> Json:
    return {"input": input, "event": None, "run": {}, "subject": None, "steps": {}, "vars": {}}
