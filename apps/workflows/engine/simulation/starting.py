"""A first test case for a template, to be filled in: its input, and an answer for every question it asks."""

from __future__ import annotations

import json
from typing import Any

from apps.workflows.engine.definition import CheckStep, Definition, Step, WaitStep

Json = dict[str, Any]
_EXAMPLES: Json = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


def first_case(definition: Definition) -> str:
    """The YAML of one case."""
    answers = [(place.step.id, _answer(place.step)) for place in definition.places.values()]
    lines = [
        "cases:",
        "  - name: The usual way",
        f"    input: {_flow(example_of(definition.input_schema))}",
        "    answers:",
        *(f"      {step}: {_flow(answer)}" for step, answer in answers if answer),
        "    expect:",
        "      outcome: completed",
        "      exceptions: []",
    ]
    return (
        "\n".join(line for line in lines if line != "    answers:" or any(answer for _, answer in answers))
        + "\n"
    )


def example_of(schema: Json) -> Any:
    """The least value a JSON Schema asks for: what is required, with placeholders."""
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        inner = schema.get("properties") or {}
        return {name: example_of(inner.get(name) or {}) for name in schema.get("required") or []}
    return _EXAMPLES.get(str(kind), "text")


def _answer(step: Step) -> Json:
    if isinstance(step, CheckStep):
        return {"facts": {}} if step.facts else {}
    if isinstance(step, WaitStep):
        return {"event": {"data": {}}} if step.event else {}
    if step.kind == "approval":
        return {"outcome": "approved", "after": "PT4H"}
    if step.kind == "user_task":
        return {"output": example_of(getattr(step, "form", {})), "after": "PT4H"}
    return {"output": {}} if step.kind in ("action", "subflow", "assist") else {}


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
