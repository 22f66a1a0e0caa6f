"""What a run would have to know to go on under another version: inputs, variables, outputs nobody will give it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.definition import Definition, Step
from apps.workflows.engine.plan import Plan
from apps.workflows.engine.state import RunState
from apps.workflows.engine.triggers import input_problems
from apps.workflows.engine.verdict import NEEDS_INPUT, Finding


def lacking(
    old: Definition, new: Definition, state: RunState, plan: Plan, positions: Iterable[str]
) -> list[Finding]:
    """What is missing for a run that goes on at `positions` (steps of the new version)."""
    ahead = _ahead(new, positions)
    return [*_input(old, new, state, plan), *_values(new, state, plan, ahead)]


def _input(old: Definition, new: Definition, state: RunState, plan: Plan) -> Iterator[Finding]:
    had = state.start.get("input") or {}
    known = {(problem.path, problem.message) for problem in input_problems(old, had)}
    for problem in input_problems(new, {**plan.input, **had}):
        if (problem.path, problem.message) not in known and not _given_later(problem.message, plan):
            name = problem.path.partition(".")[0] or _quoted(problem.message)
            yield Finding(
                "input",
                NEEDS_INPUT,
                f"The new version wants another input: {problem.message.rstrip('.')}.",
                "Give the value, or an expression over the run.",
                needs={"kind": "input", "name": name},
            )


def _given_later(message: str, plan: Plan) -> bool:
    """Whether the schema only complains because an expression stands where its value will be."""
    return any(
        isinstance(value, str) and value.startswith("=") and repr(value) in message
        for value in plan.input.values()
    )


def _quoted(message: str) -> str:
    found = re.match(r"'([^']+)'", message)
    return found[1] if found else ""


def _values(new: Definition, state: RunState, plan: Plan, ahead: set[str]) -> Iterator[Finding]:
    old_ids = {target for target in plan.steps.values() if target}
    fresh = {
        step for step in new.places if step not in old_ids and step not in ahead and step not in plan.outputs
    }
    unset = _set_by(new, fresh) - _set_by(new, ahead) - set(state.vars) - set(plan.vars)
    seen: set[tuple[str, str]] = set()
    for use in new.expressions:
        if use.step is None or use.step not in ahead:
            continue
        for kind, name in _reads(use.source, fresh, unset):
            if (kind, name) in seen:
                continue
            seen.add((kind, name))
            reader = new.step(use.step).name
            if kind == "output":
                behind = new.step(name).name
                message = f"'{reader}' reads what '{behind}' gives, a new step this run has passed."
            else:
                message = f"'{reader}' reads the variable '{name}', set by a new step this run has passed."
            remedy = "Give the value, or an expression over the run."
            yield Finding(kind, NEEDS_INPUT, message, remedy, use.step, {"kind": kind, "name": name})


def _reads(source: str, fresh: set[str], unset: set[str]) -> Iterator[tuple[str, str]]:
    try:
        names = compile_expression(source).names
    except ExpressionError:
        return
    for variable, kind, wanted in (("steps", "output", fresh), ("vars", "variable", unset)):
        for name in sorted(wanted & (names.get(variable) or frozenset())):
            if f"has({variable}.{name}" not in source:
                yield kind, name


def _set_by(definition: Definition, steps: Iterable[str]) -> set[str]:
    return {name for step in steps for name in getattr(definition.step(step), "values", {})}


def _ahead(new: Definition, positions: Iterable[str]) -> set[str]:
    """The steps a run at these positions may still come to, as far as it does not go back."""
    found: set[str] = set()
    for position in positions:
        current: str | None = position
        found |= _whole(new.step(position))
        while current is not None:
            place = new.places[current]
            follower = place.next
            while follower is not None:
                found |= _whole(new.step(follower))
                follower = new.places[follower].next
            current = place.owner
            if current is not None:
                found.add(current)
    return found


def _whole(step: Step) -> set[str]:
    inner = {found for _, block in step.blocks() for nested in block for found in _whole(nested)}
    return {step.id, *inner}
