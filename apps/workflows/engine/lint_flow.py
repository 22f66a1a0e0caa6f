"""Doubts about how a run would flow: waiting for ever, reworking for ever, doing twice, asking for what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.workflows.engine.definition import (
    ActionStep,
    ApprovalStep,
    CheckStep,
    ChoiceStep,
    DecisionStep,
    Definition,
    ExpressionUse,
    ParallelStep,
    Place,
    Step,
    UserTaskStep,
    WaitStep,
)
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import suggestion

NONE = "none"
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_FIELD = re.compile(r"\bsteps\.([a-z][a-z0-9_]*)\.([A-Za-z_]\w*)")
_STEP = re.compile(r"\bsteps\.([a-z][a-z0-9_]*)")
_ALWAYS_THERE = frozenset({"error"})


def lint_flow(pass_: Lint) -> None:
    """Report everything of this module."""
    for place in pass_.definition.places.values():
        _lint_wait(pass_, place)
        _lint_action(pass_, place)
        _lint_choice(pass_, place)
    for path in _uncapped(pass_.definition.source.get("steps"), "steps"):
        message = "How often this may go back is not said; after 10 visits it becomes an exception."
        pass_.warn("rework_without_cap", message, path, "Add max: how often the step may be visited.")
    has_rework = "return_to" in str(pass_.definition.source.get("steps"))
    for use in pass_.definition.expressions:
        source = _TEXTS.sub("''", use.source)
        _lint_fields(pass_, use, source)
        if use.step and not has_rework:
            _lint_order(pass_, use, source)


def fields_put_out(step: Step) -> frozenset[str] | None:
    """Return the names of a step's output; None where they cannot be known from the template."""
    if isinstance(step, CheckStep):
        return frozenset({"passed", "rules"})
    if isinstance(step, ChoiceStep):
        return frozenset({"case"})
    if isinstance(step, ApprovalStep):
        said = {"outcome", "decided_by", "comment", "approval_id", "policy", "timed_out", "decisions"}
        return frozenset(said | {"conditions", "remarks", "values", "rule"})
    if isinstance(step, WaitStep):
        return frozenset({"event", "timed_out", "at"})
    if isinstance(step, ParallelStep):
        return frozenset({"ended", "timed_out"})
    if isinstance(step, UserTaskStep):
        named = step.form.get("properties")
        return frozenset({*named, "timed_out"}) if isinstance(named, Mapping) and named else None
    if isinstance(step, DecisionStep) and step.hit != "collect":
        return frozenset(name for rule in step.rules for name in rule.then)
    return None


def _lint_wait(pass_: Lint, place: Place) -> None:
    step = place.step
    if isinstance(step, WaitStep) and step.event is not None and step.timeout is None:
        if any(_ends_without_all(place.step) for place in _around(pass_.definition, step.id)):
            return  # the branch beside it ends the waiting
        message = "The run waits for ever if the event never comes."
        remedy = "Add timeout: {after: P30D, then: exception}."
        pass_.warn("wait_without_timeout", message, place.path, remedy)


def _lint_action(pass_: Lint, place: Place) -> None:
    step = place.step
    if not isinstance(step, ActionStep) or step.connection == "internal":
        return
    connector = str(pass_.definition.connections.get(step.connection, {}).get("connector", ""))
    repeats = (step.retry is not None and step.retry.max > 1) or step.on_error == "retry"
    if repeats and pass_.catalogue.idempotency(step.connection, connector, step.operation) == NONE:
        message = (
            f"'{step.operation}' is tried again, but the system cannot tell a repetition from a new call."
        )
        remedy = "Declare how the operation recognises repetitions, or set retry: {max: 1}."
        pass_.warn("repeatable_action", message, f"{place.path}.operation", remedy)


def _lint_choice(pass_: Lint, place: Place) -> None:
    step = place.step
    if not isinstance(step, ChoiceStep):
        return
    always = next((index for index, case in enumerate(step.cases) if case.when.strip() == "true"), None)
    if always is None:
        return
    behind = [(f"cases.{index}", case.steps) for index, case in enumerate(step.cases) if index > always]
    for _slot, steps in [*behind, ("otherwise", step.otherwise)]:
        if steps:
            path = pass_.definition.places[steps[0].id].path
            message = "This step is never reached: an earlier case always holds."
            pass_.warn("unreachable_step", message, path, "Remove it, or give the earlier case a condition.")


def _lint_fields(pass_: Lint, use: ExpressionUse, source: str) -> None:
    for step_id, name in sorted(set(_FIELD.findall(source))):
        place = pass_.definition.places.get(step_id)
        known = fields_put_out(place.step) if place else None
        if known is None or name in known | _ALWAYS_THERE or f"has(steps.{step_id}.{name}" in source:
            continue
        message = f"Step '{step_id}' never puts out '{name}'."
        remedy = suggestion(name, known) or f"Ask with has(steps.{step_id}.{name}) first."
        pass_.warn("unset_field", message, use.path, remedy)


def _lint_order(pass_: Lint, use: ExpressionUse, source: str) -> None:
    definition = pass_.definition
    for step_id in sorted(set(_STEP.findall(source))):
        if step_id not in definition.places or use.step not in definition.places:
            continue
        if f"has(steps.{step_id}" not in source and _comes_later(definition, step_id, str(use.step)):
            message = f"Step '{step_id}' comes after this one, so it has put out nothing yet."
            pass_.warn("step_comes_later", message, use.path, f"Ask with has(steps.{step_id}) first.")


def _ends_without_all(step: Step) -> bool:
    return isinstance(step, ParallelStep) and step.join < len(step.branches)


def _comes_later(definition: Definition, other: str, step: str) -> bool:
    """Whether ``other`` stands behind ``step`` in a list that holds both, themselves or around them."""
    chain = {(place.owner, place.slot): place.index for place in _around(definition, step)}
    for place in _around(definition, other):
        index = chain.get((place.owner, place.slot))
        if index is not None:
            return place.index > index
    return False


def _around(definition: Definition, step: str) -> Iterator[Place]:
    current: str | None = step
    while current is not None:
        place = definition.places[current]
        yield place
        current = place.owner


def _uncapped(value: Any, path: str) -> Iterator[str]:
    """Yield the path of every return without ``max``."""
    if isinstance(value, Mapping):
        if "return_to" in value and "max" not in value:
            yield path
        for key, inner in value.items():
            yield from _uncapped(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _uncapped(inner, f"{path}[{index}]")
