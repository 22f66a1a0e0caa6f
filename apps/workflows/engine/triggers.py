"""How an event starts a run: whether the trigger wants it, and what the run gets from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.expressions import compile_expression, resolve
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.problems import TemplateProblem
from apps.workflows.engine.schemas import value_problems
from apps.workflows.engine.turn import as_mapping

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begin:
    """What a run is started with. `key` (a text, or '') is equal for events that must not start two runs."""

    input: Json
    subject: Any
    key: str


def trigger_matches(definition: Definition, event: Json, now: datetime) -> bool:
    """Whether the event starts a run. Raise ExpressionError when `when` cannot be evaluated for it."""
    trigger = definition.trigger
    if trigger is None or event.get("type") != trigger.event:
        return False
    if trigger.when is None:
        return True
    return compile_expression(trigger.when).evaluate({"event": event, "now": now}) is True


def begin_from_event(definition: Definition, event: Json, now: datetime) -> Begin:
    """What the run gets from the event: by default its data as input and its subject. Raise ExpressionError."""
    trigger = definition.trigger
    scope = {"event": event, "now": now}
    if trigger is None:
        return Begin(as_mapping(event.get("data")), event.get("subject"), "")
    given = as_mapping(event.get("data")) if trigger.input is None else resolve(trigger.input, scope)
    subject = event.get("subject") if trigger.subject is None else resolve(trigger.subject, scope)
    key = "" if trigger.key is None else str(resolve(trigger.key, scope))
    return Begin(given, subject, key)


def input_problems(definition: Definition, value: Any) -> list[TemplateProblem]:
    """What is wrong with the input of a run by the template's schema; empty when nothing is."""
    return value_problems(definition.input_schema, value) if definition.input_schema else []
