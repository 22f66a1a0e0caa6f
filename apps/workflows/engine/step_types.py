"""Kinds of step that came after the first ones, as values: loops and assistants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.definition import EXCEPTION, Json, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEachStep(Step):
    """The same steps for every item of a list: one after another (`width` 1), or up to `width` at the same time.

    `output` is what an item leaves (None: the outputs of its steps by id); `on_item_error` is exception, continue or stop.
    """

    items: str
    as_name: str
    index_as: str = ""
    width: int = 1
    steps: tuple[Step, ...] = ()
    output: Any = None
    on_item_error: str = EXCEPTION

    def blocks(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Nested lists: `steps`, `on_error`."""
        yield "steps", self.steps
        yield from Step.blocks(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistStep(Step):
    """A proposal is asked for; `accept` is person or automatic (from `min_confidence` on, between 0 and 1)."""

    purpose: str
    input: Json
    output: Json
    approve_by: str = ""
    accept: str = "person"
    min_confidence: float = 1.0
