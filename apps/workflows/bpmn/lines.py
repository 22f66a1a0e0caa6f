"""Where the lines of a drawing run and where words stand beside them, and what its timers say."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from apps.workflows.bpmn.graph import Box, Node, Point

Json = dict[str, Any]
_LETTER, _LINE = 6.2, 14.0
"""Width of a letter and height of a line in the type that modelers use for names beside elements."""
_LONGEST = 60
"""Letters of a condition that stand beside its line."""


def route(source: Node, target: Node, row: float | None = None) -> list[Point]:
    """The corners of a line; with `row` it runs at that height, because nothing stands between its ends there."""
    middle = source.x + source.width / 2
    if source.tag == "boundaryEvent":
        return [(middle, source.y + source.height), (middle, target.middle), (target.x, target.middle)]
    end = target.x + target.width / 2
    if row is not None and row != source.middle:
        top, bottom = (middle, source.y + source.height), (end, target.y + target.height)
        return [top, (middle, row), (end, row), bottom]
    if source.middle == target.middle:
        return [(source.right, source.middle), (target.x, target.middle)]
    if source.middle < target.middle:
        return [(middle, source.y + source.height), (middle, target.middle), (target.x, target.middle)]
    return [(source.right, source.middle), (end, source.middle), (end, target.y + target.height)]


def height_of(text: str, width: float) -> float:
    """How high a text is that is wrapped to a width."""
    return _LINE * math.ceil(max(1, len(text)) * _LETTER / width)


def words_on(points: list[Point], text: str, width: float) -> Box:
    """Above the first level stretch of a line, from its left end; what needs several lines stands below it."""
    level = next(index for index in range(len(points) - 1) if points[index][1] == points[index + 1][1])
    left, row = points[level]
    height = height_of(text, width)
    return (left + 6, row + 4 if height > _LINE else row - height - 4, width, height)


def words_above(left: float, top: float, width: float, text: str) -> Box:
    """Above an element, around its middle."""
    wide = max(width, 120.0)
    height = height_of(text, wide)
    return (left + width / 2 - wide / 2, top - height - 6, wide, height)


def shown(condition: str) -> str:
    """A condition as far as it stands beside its line."""
    words = " ".join(condition.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def start_body(trigger: Any) -> str:
    """What a start event holds."""
    if not isinstance(trigger, dict):
        return ""
    return "<bpmn:messageEventDefinition />" if trigger.get("event") else "<bpmn:timerEventDefinition />"


def start_name(trigger: Any) -> str:
    """What a start event is called: the event, or the times."""
    if not isinstance(trigger, dict):
        return ""
    return str(trigger.get("event") or trigger.get("schedule") or "")


def timer_of(step: Json) -> str:
    """The timer of a wait for a time."""
    if "for" in step:
        return timer_body("timeDuration", step["for"])
    return timer_body("timeDate", f"= {step.get('until')}")


def timer_body(tag: str, value: Any) -> str:
    """A timer; a length of time that is more than a duration is put into words."""
    if isinstance(value, dict):
        value = ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in value.items())
    inner = f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(str(value))}</bpmn:{tag}>'
    return f"<bpmn:timerEventDefinition>{inner}</bpmn:timerEventDefinition>"
