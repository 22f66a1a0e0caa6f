"""What customers would see of what is marked as internal: ``x-audience: internal`` on a property of a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apps.core.expressions import ExpressionError, compile_expression
from apps.workflows.engine.definition import ApprovalStep, Definition, ExpressionUse, UserTaskStep
from apps.workflows.engine.linting import Lint

MARK = "x-audience"
INTERNAL, CUSTOMER = "internal", "customer"
_SHOWN = ("show", "data", "prefill", "subject")
_PRIVATE_WORDS = frozenset({"comment", "decided_by", "decisions", "remarks", "conditions"})


def lint_audience(pass_: Lint) -> None:
    """Report internal fields that a step for customers shows (errors), and words of internal approvals (warnings)."""
    definition = pass_.definition
    hidden = internal_fields(definition)
    for use in definition.expressions:
        if _is_shown(definition, use):
            for name in sorted(_named(use.source, hidden)):
                message = f"Customers would see '{name}', which is marked as internal."
                remedy = "Leave it out, or make the step internal."
                pass_.report.add("internal_field_shown", message, use.path, remedy)
            _lint_words(pass_, use)


def internal_fields(definition: Definition) -> frozenset[str]:
    """Return what is marked as internal, as expressions name it: ``input.margin``, ``steps.review.score``."""
    found = {f"input.{name}" for name in _marked(definition.input_schema)}
    for place in definition.places.values():
        if isinstance(place.step, UserTaskStep):
            found |= {f"steps.{place.step.id}.{name}" for name in _marked(place.step.form)}
    return frozenset(found)


def _lint_words(pass_: Lint, use: ExpressionUse) -> None:
    for place in pass_.definition.places.values():
        step = place.step
        if not isinstance(step, ApprovalStep) or step.audience == CUSTOMER:
            continue
        for name in sorted(
            _named(use.source, frozenset(f"steps.{step.id}.{word}" for word in _PRIVATE_WORDS))
        ):
            message = f"Customers would see '{name}': what was said among colleagues."
            pass_.warn("internal_comment_shown", message, use.path, "Leave it out.")


def _is_shown(definition: Definition, use: ExpressionUse) -> bool:
    place = definition.places.get(use.step or "")
    if place is None or place.step.audience != CUSTOMER:
        return False
    inside = use.path.removeprefix(place.path).lstrip(".")
    return inside.split(".")[0].split("[")[0] in _SHOWN


def _named(source: str, fields: frozenset[str]) -> set[str]:
    """Return those of the fields that an expression reads, alone or with all of what they stand in."""
    found = {name for name in fields if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", source)}
    try:
        whole = {name for name, members in compile_expression(source).names.items() if members is None}
    except ExpressionError:
        return found
    return found | {name for name in fields if name.split(".")[0] in whole}


def _marked(schema: Mapping[str, Any]) -> set[str]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return set()
    return {
        str(name)
        for name, inner in properties.items()
        if isinstance(inner, Mapping) and inner.get(MARK) == INTERNAL
    }
