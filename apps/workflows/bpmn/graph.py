"""A process as boxes and lines with their places: what export writes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, width and height."""


@dataclass(slots=True)
class Node:
    """One element with its place. `body` is XML that stands inside it, after its flows; `step` what BPMN cannot hold.

    `label` is where its name stands, where that is not what every reader does by itself; `axis` the height at which
    lines enter and leave, where that is not its middle.
    """

    id: str
    tag: str
    name: str = ""
    x: float = 0
    y: float = 0
    width: float = 100
    height: float = 80
    attributes: dict[str, str] = field(default_factory=dict)
    body: str = ""
    step: Json | None = None
    note: str = ""
    label: Box | None = None
    axis: float | None = None
    inside: Graph | None = None

    @property
    def middle(self) -> float:
        """The height at which lines enter and leave."""
        return self.y + self.height / 2 if self.axis is None else self.axis

    @property
    def right(self) -> float:
        """Where lines leave."""
        return self.x + self.width


@dataclass(slots=True)
class Flow:
    """One line. `condition` is the expression under which it is taken, `order` its place among those that leave."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    order: int = 0
    label: Box | None = None
    points: list[Point] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    """The elements of a process or sub-process."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
