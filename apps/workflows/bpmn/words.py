"""What both ways share: namespaces, the lists inside a step, and the element each kind of step becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
EXTENSION = "urn:workflow-template:1"
"""Namespace of what BPMN has no place for: elements `template` and `step` hold the rest as JSON."""

TAGS = {
    "user_task": "userTask",
    "approval": "userTask",
    "assist": "userTask",
    "action": "serviceTask",
    "check": "businessRuleTask",
    "decision": "businessRuleTask",
    "notify": "sendTask",
    "set": "scriptTask",
    "subflow": "callActivity",
}
SIDES = {
    "on_error": ("error", "if it fails"),
    "on_fail": ("error", "if not"),
    "on_reject": ("error", "if rejected"),
    "on_changes": ("error", "if changes are requested"),
    "timeout": ("timer", "if too late"),
}
"""Lists that run instead of a step: the boundary event each becomes, and its words."""


def sides_of(step: Json) -> Iterator[tuple[str, list[Json]]]:
    """The lists drawn as deviations, by key; empty ones and other forms of reaction are not drawn."""
    for key in SIDES:
        value: Any = step.get(key)
        if key == "timeout" and isinstance(value, dict):
            value = value.get("then")
        if is_steps(value):
            yield key, value


def is_steps(value: Any) -> bool:
    """Whether a value is a list of steps with something in it."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "kind" in one for one in value)
    )


def own_part(step: Json) -> Json:
    """A step without the lists inside it, which the drawing holds."""
    kept = dict(step)
    for key, _ in sides_of(step):
        if key == "timeout":
            kept[key] = {name: value for name, value in step[key].items() if name != "then"}
        else:
            del kept[key]
    kind = step.get("kind")
    if kind == "parallel":
        kept["branches"] = len(step["branches"])
    if kind == "choice":
        kept["cases"] = [{k: v for k, v in case.items() if k != "steps"} for case in step["cases"]]
        if "otherwise" in kept:
            kept["otherwise"] = []
    if kind == "for_each":
        kept.pop("steps", None)
    return kept
