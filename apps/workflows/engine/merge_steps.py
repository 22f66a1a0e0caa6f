"""A template's document taken apart by step: the fields of each, and the order of the lists they stand in.

So a step that one person edits and another moves is still the same step.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
HEAD = ""
"""Stands for the template itself among the ids of steps."""
MARK = "\x00steps"
"""Key of what stands in the fields for a nested list of steps; no text of a template holds it."""
Slot = tuple[str, str]
"""A list of steps: the id of the step it belongs to (HEAD for the template), and the path in its fields."""


@dataclass(slots=True)
class Parts:
    """``fields`` by id, ``lists`` of ids by slot, ``places`` the slot of each step."""

    fields: dict[str, Json] = field(default_factory=dict)
    lists: dict[Slot, list[str]] = field(default_factory=dict)
    places: dict[str, Slot] = field(default_factory=dict)
    known: Collection[Slot] = ()


class NotMergeable(ValueError):
    """A document whose steps cannot be told apart: an id is missing or stands twice."""


def take_all_apart(*documents: Json) -> tuple[Parts, ...]:
    """Return the parts of documents; a list of steps in one of them is one in all, empty or not. Raise NotMergeable."""
    known = frozenset(slot for document in documents for slot in take_apart(document).lists)
    return tuple(take_apart(document, known) for document in documents)


def take_apart(document: Json, known: Collection[Slot] = ()) -> Parts:
    """Return the parts of a document; an empty list in a ``known`` slot is one of steps. Raise NotMergeable."""
    parts = Parts(known=known)
    parts.fields[HEAD] = {}
    fields = {name: _field(parts, HEAD, name, value) for name, value in document.items()}
    parts.fields[HEAD] = fields
    return parts


def put_together(parts: Parts) -> Json:
    """Return the document of parts."""
    return {name: _filled(parts, HEAD, value) for name, value in parts.fields[HEAD].items()}


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON (``1``, ``1.0`` and ``true`` are not)."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """The value as text: the same for the same JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def is_steps(value: Any) -> bool:
    """Whether a value is a list of steps."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and "id" in item and "kind" in item for item in value)
    )


def _field(parts: Parts, owner: str, path: str, value: Any) -> Any:
    slot = (owner, path)
    if is_steps(value) or (value == [] and slot in parts.known):
        parts.lists[slot] = [_step(parts, slot, item) for item in value]
        return {MARK: path}
    if isinstance(value, dict):
        return {name: _field(parts, owner, f"{path}.{name}", item) for name, item in value.items()}
    if isinstance(value, list):
        return [_field(parts, owner, f"{path}[{index}]", item) for index, item in enumerate(value)]
    return value


def _step(parts: Parts, slot: Slot, step: Json) -> str:
    step_id = step["id"]
    if not isinstance(step_id, str) or not step_id or step_id in parts.fields:
        raise NotMergeable(f"The id {step_id!r} is missing or stands twice.")
    parts.fields[step_id] = {}
    parts.places[step_id] = slot
    parts.fields[step_id] = {name: _field(parts, step_id, name, item) for name, item in step.items()}
    return step_id


def _filled(parts: Parts, owner: str, value: Any) -> Any:
    if isinstance(value, dict):
        if MARK in value:
            ids = parts.lists.get((owner, value[MARK]), [])
            return [{n: _filled(parts, step, v) for n, v in parts.fields[step].items()} for step in ids]
        return {name: _filled(parts, owner, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(parts, owner, item) for item in value]
    return value
