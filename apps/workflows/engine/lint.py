"""Judging a template beyond its shape: references between steps, names in expressions, and its surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.catalogue import Catalogue, StaticCatalogue
from apps.workflows.engine.definition import (
    ApprovalStep,
    CheckStep,
    Definition,
    ExpressionUse,
    Place,
    ReturnTo,
    WaitStep,
)
from apps.workflows.engine.governance import lint_governance
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.lint_audience import lint_audience
from apps.workflows.engine.lint_flow import lint_flow
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.offset_lint import lint_times
from apps.workflows.engine.parse import Parsed, parse_template
from apps.workflows.engine.problems import ERROR, TemplateProblem
from apps.workflows.engine.reader import suggestion

VARIABLES = frozenset({"input", "steps", "vars", "event", "run", "subject", "now"})
TRIGGER_VARIABLES = frozenset({"event", "now"})


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to "may this be published?". `definition` is None when there are errors."""

    definition: Definition | None
    problems: list[TemplateProblem]


def check_template(
    template: str | Mapping[str, Any], catalogue: Catalogue | None = None, *, governed: bool = False
) -> Checked:
    """Parse and lint a template; problems come in the order of the text.

    ``governed`` asks for owners and classes as well, as publishing does.
    """
    parsed = parse_template(template)
    if parsed.definition.source:
        pass_ = Lint(parsed.definition, catalogue or StaticCatalogue(), parsed.report)
        _lint(parsed, pass_)
        if governed:
            lint_governance(pass_)
    problems = sorted(parsed.report.problems, key=lambda problem: (problem.line, problem.column))
    is_valid = not any(problem.severity == ERROR for problem in problems)
    return Checked(parsed.definition if is_valid else None, problems)


def lint(definition: Definition, catalogue: Catalogue) -> list[TemplateProblem]:
    """All problems of a definition in its surroundings, without lines; use `check_template` where text is at hand."""
    return check_template(definition.source, catalogue).problems


def _lint(parsed: Parsed, pass_: Lint) -> None:
    for place in parsed.definition.places.values():
        step = place.step
        KINDS[step.kind].lint(step, place.path, pass_)
        pass_.role(step.owner, f"{place.path}.owner")
        for path, target in _returns(place):
            _lint_return(pass_, parsed, place, path, target)
        if step.kind == "end" and place.next:
            following = parsed.definition.places[place.next].path
            pass_.warn(
                "unreachable_step", "This step comes after the end of the run.", following, "Remove it."
            )
    for use in parsed.definition.expressions:
        _lint_expression(pass_, parsed, use)
    lint_times(pass_, parsed.dropped)
    lint_flow(pass_)
    lint_audience(pass_)
    _lint_surroundings(pass_)


def _lint_surroundings(pass_: Lint) -> None:
    definition, catalogue = pass_.definition, pass_.catalogue
    if definition.trigger and definition.trigger.event:
        pass_.known("event_type", definition.trigger.event, catalogue.event_types(), "trigger.event")
    bound = catalogue.slots()
    for slot, declared in definition.connections.items():
        path = f"connections.{slot}"
        pass_.known("connector", declared["connector"], catalogue.connectors(), f"{path}.connector")
        if bound is not None and slot not in bound:
            message = f"The connection slot '{slot}' is not bound to a connection."
            pass_.report.add(
                "unbound_slot", message, path, f"Bind '{slot}' to a connection before publishing."
            )


def _returns(place: Place) -> Iterator[tuple[str, ReturnTo]]:
    step = place.step
    if isinstance(step, CheckStep) and isinstance(step.on_fail, ReturnTo):
        yield f"{place.path}.on_fail", step.on_fail
    if isinstance(step, ApprovalStep) and isinstance(step.on_reject, ReturnTo):
        yield f"{place.path}.on_reject", step.on_reject
    if isinstance(step, ApprovalStep) and isinstance(step.on_changes, ReturnTo):
        yield f"{place.path}.on_changes", step.on_changes
    if isinstance(step, WaitStep) and step.timeout and isinstance(step.timeout.then, ReturnTo):
        yield f"{place.path}.timeout.then", step.timeout.then
    if step.limit and isinstance(step.limit.then, ReturnTo):
        yield f"{place.path}.timeout.then", step.limit.then


def _lint_return(pass_: Lint, parsed: Parsed, place: Place, path: str, target: ReturnTo) -> None:
    places = parsed.definition.places
    where = f"{path}.return_to"
    if target.step in parsed.dropped:
        return
    aim = places.get(target.step)
    if aim is None:
        message = f"There is no step '{target.step}' to return to."
        pass_.report.add("return_to_unknown", message, where, suggestion(target.step, places))
        return
    current: Place | None = place
    while current is not None:
        if (current.owner, current.slot) == (aim.owner, aim.slot):
            if aim.index < current.index:
                return
            message = f"'{target.step}' does not come before this step."
            pass_.report.add("return_to_later", message, where, "Return to an earlier step.")
            return
        current = places[current.owner] if current.owner else None
    message = f"'{target.step}' stands inside a branch this step is not part of."
    pass_.report.add("return_to_inside", message, where, "Return to a step of this list or of one around it.")


def _lint_expression(pass_: Lint, parsed: Parsed, use: ExpressionUse) -> None:
    try:
        expression = compile_expression(use.source)
    except ExpressionError:
        return
    allowed = (VARIABLES if use.step else TRIGGER_VARIABLES) | use.extra
    for name in sorted(expression.variables - allowed):
        message = f"'{name}' is not a variable here."
        pass_.report.add("unknown_variable", message, use.path, suggestion(name, allowed))
    for name in sorted(expression.unknown_functions):
        pass_.report.add(
            "unknown_function", f"There is no function '{name}'.", use.path, "Correct the expression."
        )
    if use.step:
        _lint_members(pass_, parsed, use, expression.names)


def _lint_members(
    pass_: Lint, parsed: Parsed, use: ExpressionUse, names: Mapping[str, frozenset[str] | None]
) -> None:
    places = parsed.definition.places
    for name in sorted(names.get("steps") or ()):
        if name not in places and name not in parsed.dropped:
            message = f"There is no step '{name}'."
            pass_.report.add("unknown_step", message, use.path, suggestion(name, places))
    values = _variables_set(parsed.definition)
    for name in sorted(names.get("vars") or ()):
        if name not in values:
            remedy = suggestion(name, values) or "Set it in a step of the kind 'set'."
            pass_.report.add("unset_variable", f"No step sets 'vars.{name}'.", use.path, remedy)
    properties = parsed.definition.input_schema.get("properties")
    for name in sorted(names.get("input") or ()):
        if properties and name not in properties:
            message = f"The input schema has no property '{name}'."
            pass_.warn("undeclared_input", message, use.path, suggestion(name, properties))


def _variables_set(definition: Definition) -> set[str]:
    steps = (place.step for place in definition.places.values())
    return {name for step in steps for name in getattr(step, "values", {})}
