"""`for_each`: the same steps for every item of a list, one after another or several at a time."""

from __future__ import annotations

import re
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import CONTINUE, EXCEPTION
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Fails, Iterates, Opening, Result
from apps.workflows.engine.step_types import ForEachStep
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
MAX_ITEMS = 1_000
"""The items a run has done are part of its state, which every step reads and writes; beyond this that is felt."""
MAX_LIMIT = 100
DEFAULT_LIMIT = 10
MODES = ("sequential", "parallel")
STOP = "stop"
ON_ITEM_ERROR = (EXCEPTION, CONTINUE, STOP)
RESERVED = ("input", "steps", "vars", "event", "run", "subject", "now", "facts")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class ForEach(Kind[ForEachStep]):
    """Runs its list once for every item; the output holds what each item left, in the order of the list."""

    name = "for_each"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> ForEachStep:
        """Read items, as, index_as, mode, limit, steps, output and on_item_error."""
        names = [_name(reader, "as", "item"), _name(reader, "index_as", "")]
        if names[0] == names[1]:
            reader.problem("duplicate_id", "The item and its index need two names.", "index_as")
        mode = reader.word("mode", MODES, "sequential")
        limit = reader.whole("limit", DEFAULT_LIMIT if mode == "parallel" else 1, 1, MAX_LIMIT)
        if mode == "sequential" and limit > 1:
            reader.problem("limit", "One after another means one at a time.", "limit", "Add mode: parallel.")
        with reader.report.naming(*names):
            steps = reader.steps("steps")
            output = reader.template("output")
        if not steps:
            reader.problem("empty", "A loop needs at least one step.", "steps", "Add a step.")
        return ForEachStep(
            **base,
            items=reader.expression("items", required=True) or "[]",
            as_name=names[0],
            index_as=names[1],
            width=limit,
            steps=steps,
            output=output,
            on_item_error=reader.word("on_item_error", ON_ITEM_ERROR, EXCEPTION),
        )

    def lint(self, step: ForEachStep, path: str, lint: Lint) -> None:
        """What the steps inside put out is known inside only."""
        definition = lint.definition
        inside = {name for name in definition.places if step.id in definition.loops_of(name)}
        for use in definition.expressions:
            is_output = use.step == step.id and use.path.startswith(f"{path}.output")
            if use.step is None or use.step in inside or is_output:
                continue
            for name in sorted(_steps_named(use.source) & inside):
                message = (
                    f"'{name}' is done once for every item; outside of the loop there is no one output of it."
                )
                remedy = f"Read steps.{step.id}.items, a list with one entry for every item."
                lint.report.add("step_in_loop", message, use.path, remedy)

    def open(self, turn: Turn, step: ForEachStep, opening: Opening) -> Result:
        """Begin the first items; after a failure go on with those that are not done."""
        visit = turn.state.visits.get(opening.visit)
        if visit is not None and "items" in visit.work:
            return Iterates(None)
        items = turn.evaluate(step.items)
        if not isinstance(items, list):
            return Fails(StepError("not_a_list", "What the loop is to go through is not a list."))
        if len(items) > MAX_ITEMS:
            message = (
                f"The list has {len(items)} items; a loop goes through {MAX_ITEMS} at most. "
                "Split the list, and run a subflow for each part."
            )
            return Fails(StepError("too_many_items", message))
        return Iterates(items)


def _name(reader: Reader, key: str, default: str) -> str:
    name = reader.text(key, default)
    if name and (name in RESERVED or not _NAME.fullmatch(name)):
        remedy = "Use small letters, digits and '_', beginning with a letter, and no name of the platform's."
        reader.problem("name", f"'{name}' cannot be the name of an item.", key, remedy)
        return default
    return name


def _steps_named(source: str) -> frozenset[str]:
    try:
        return compile_expression(source).names.get("steps") or frozenset()
    except ExpressionError:
        return frozenset()
