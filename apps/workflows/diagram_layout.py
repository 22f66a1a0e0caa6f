"""Where the boxes and lines of a template's diagram go: top to bottom, branches side by side. Pure geometry."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.workflows.engine.definition import (
    ApprovalStep,
    CheckStep,
    ChoiceStep,
    Definition,
    ParallelStep,
    ReturnTo,
    Step,
    WaitStep,
)
from apps.workflows.engine.step_types import ForEachStep

NODE_WIDTH = 256
LINE_HEIGHT = 17
NODE_PADDING = 34
GAP = 28
"""Between boxes above one another."""
LABEL_GAP = 46
"""Below a fork, where the branches have labels."""
BRANCH_GAP = 32
MARGIN = 20
EMPTY_WIDTH = 88
TERMINAL = 34
NAME_CHARS = 28
NAME_LINES = 2
LABEL_CHARS = 30
WORDS_OF_SLOTS = {
    "on_error": "if it fails",
    "on_fail": "if not",
    "on_reject": "if rejected",
    "on_changes": "if to be changed",
    "timeout": "if too late",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A box of a step, by its upper left corner. `lines` is the name, wrapped."""

    step: Step
    x: float
    y: float
    height: float
    lines: tuple[str, ...]

    @property
    def axis(self) -> float:
        """The middle, from which lines come and go."""
        return self.x + NODE_WIDTH / 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A line through points. `target` is the step it leads to, or None; `kind` is flow, side (a deviation) or back.

    `unless` are steps whose being reached says that the run did not come along here.
    """

    points: tuple[tuple[float, float], ...]
    source: str | None = None
    target: str | None = None
    kind: str = "flow"
    has_arrow: bool = True
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a line, beginning at x."""

    x: float
    y: float
    text: str


@dataclass(slots=True)
class Layout:
    """The whole drawing. `start` and `end` are the middles of the two terminals."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    width: float = 0
    height: float = 0
    start: tuple[float, float] = (0, 0)
    end: tuple[float, float] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Size:
    """Room something needs; `axis` is where the line enters and leaves, from the left."""

    width: float
    height: float
    axis: float


def layout(definition: Definition) -> Layout:
    """Lay a template out."""
    return _Drawing(definition).draw()


def wrap(text: str, width: int, lines: int) -> tuple[str, ...]:
    """Words in at most so many lines of so many columns (wide characters count two), the rest as an ellipsis."""
    rows: list[str] = []
    for word in _pieces(text, width):
        if rows and _columns(rows[-1]) + 1 + _columns(word) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return tuple(shorten(row, width) for row in rows) or ("",)


def _pieces(text: str, width: int) -> Iterator[str]:
    """The words of a text; a word longer than a line (also a text without spaces) in pieces that fit."""
    for word in text.split():
        rest = word
        while _columns(rest) > width:
            cut = max(1, len(_head(rest, width)))
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _head(text: str, width: int) -> str:
    """The longest beginning of a text that fits."""
    kept = ""
    for character in text:
        if _columns(kept) + _columns(character) > width:
            break
        kept += character
    return kept


def shorten(text: str, width: int) -> str:
    """A text cut to so many columns, with an ellipsis when something is missing."""
    if _columns(text) <= width:
        return text
    return _head(text, width - 1).rstrip() + "…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _branches(step: Step) -> list[tuple[str, tuple[Step, ...]]]:
    """The lists a fork leads into, with their labels."""
    if isinstance(step, ParallelStep):
        labels = [*step.labels, *[""] * len(step.branches)]
        return list(zip(labels, step.branches, strict=False))
    if isinstance(step, ChoiceStep):
        cases = [(case.label or f"if {case.when}", case.steps) for case in step.cases]
        return [*cases, ("otherwise", step.otherwise)]
    if isinstance(step, ForEachStep):
        words = "for each" if step.width == 1 else f"for each, up to {step.width} at once"
        return [(words, step.steps)]
    return []


def _sides(step: Step) -> list[tuple[str, tuple[Step, ...]]]:
    """The lists that run instead of the step."""
    sides = [(slot.partition(".")[0], slot, block) for slot, block in step.blocks()]
    return [
        (_side_words(step, slot), block) for kind, slot, block in sides if kind in WORDS_OF_SLOTS and block
    ]


def _side_words(step: Step, slot: str) -> str:
    kind, _, index = slot.partition(".")
    errors = step.error_rules[int(index)].errors if index else ()
    return f"if {' or '.join(errors)}" if errors else WORDS_OF_SLOTS[kind]


def returns_of(step: Step) -> Iterator[tuple[str, ReturnTo]]:
    """Where a step may send the run back to, with the words for when."""
    if isinstance(step, CheckStep) and isinstance(step.on_fail, ReturnTo):
        yield WORDS_OF_SLOTS["on_fail"], step.on_fail
    if isinstance(step, ApprovalStep) and isinstance(step.on_reject, ReturnTo):
        yield WORDS_OF_SLOTS["on_reject"], step.on_reject
    if isinstance(step, ApprovalStep) and isinstance(step.on_changes, ReturnTo):
        yield WORDS_OF_SLOTS["on_changes"], step.on_changes
    if isinstance(step, WaitStep) and step.timeout and isinstance(step.timeout.then, ReturnTo):
        yield WORDS_OF_SLOTS["timeout"], step.timeout.then
    if step.limit and isinstance(step.limit.then, ReturnTo):
        yield WORDS_OF_SLOTS["timeout"], step.limit.then


class _Drawing:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.layout = Layout()
        self.sizes: dict[int, _Size] = {}
        self.back_lanes = 0

    def draw(self) -> Layout:
        steps = self.definition.steps
        size = self._block_size(steps)
        lanes = sum(1 for place in self.definition.places.values() for _ in returns_of(place.step))
        left = MARGIN + 14 * lanes
        axis, top = left + size.axis, float(MARGIN)
        self.layout.start = (axis, top + TERMINAL / 2)
        bottom = self._block(steps, axis, top + TERMINAL + GAP, None, top + TERMINAL)
        self.layout.end = (axis, bottom + GAP + 9)
        source = steps[-1].id if steps else None
        self._line([(axis, bottom), (axis, bottom + GAP)], source, None)
        self._draw_returns(left)
        self.layout.width = left + size.width + MARGIN
        self.layout.height = bottom + GAP + 18 + MARGIN
        return self.layout

    # sizes, from the inside out

    def _block_size(self, steps: tuple[Step, ...]) -> _Size:
        if not steps:
            return _Size(EMPTY_WIDTH, GAP, EMPTY_WIDTH / 2)
        sizes = [self._size(step) for step in steps]
        axis = max(size.axis for size in sizes)
        right = max(size.width - size.axis for size in sizes)
        return _Size(axis + right, sum(size.height for size in sizes) + GAP * (len(steps) - 1), axis)

    def _size(self, step: Step) -> _Size:
        known = self.sizes.get(id(step))
        if known is None:
            known = self.sizes[id(step)] = self._with_sides(step, self._core_size(step))
        return known

    def _core_size(self, step: Step) -> _Size:
        height = _node_height(step)
        branches = [self._block_size(block) for _, block in _branches(step)]
        if not branches:
            return _Size(NODE_WIDTH, height, NODE_WIDTH / 2)
        width = sum(size.width for size in branches) + BRANCH_GAP * (len(branches) - 1)
        last = branches[-1]
        axis = (branches[0].axis + width - last.width + last.axis) / 2
        left = max(0.0, NODE_WIDTH / 2 - axis)
        right = max(0.0, NODE_WIDTH / 2 - (width - axis))
        tall = max(size.height for size in branches)
        return _Size(left + width + right, height + LABEL_GAP + tall + GAP, axis + left)

    def _with_sides(self, step: Step, core: _Size) -> _Size:
        sides = [self._block_size(block) for _, block in _sides(step)]
        if not sides:
            return core
        width = core.width + sum(size.width + BRANCH_GAP for size in sides)
        tall = max(core.height, *(_node_height(step) / 2 + LABEL_GAP + size.height for size in sides))
        return _Size(width, tall + GAP, core.axis)

    # places, from the outside in; each returns the y at which its line leaves

    def _block(
        self, steps: tuple[Step, ...], axis: float, top: float, source: str | None, line_from: float
    ) -> float:
        """Draw a list whose line comes from above at `line_from`; the first box begins at `top`."""
        y, previous = top, source
        start = line_from
        for step in steps:
            self._line([(axis, start), (axis, y)], previous, step.id)
            bottom = self._step(step, axis, y)
            start, y, previous = bottom, bottom + GAP, step.id
        if not steps:
            self._line([(axis, line_from), (axis, top)], source, None, arrow=False)
            return top
        return start

    def _step(self, step: Step, axis: float, top: float) -> float:
        height = _node_height(step)
        lines = wrap(step.name, NAME_CHARS, NAME_LINES)
        self.layout.nodes[step.id] = Node(step, axis - NODE_WIDTH / 2, top, height, lines)
        core = self._core_size(step)
        bottom = self._fork(step, axis, top + height, core) if _branches(step) else top + height
        sides = _sides(step)
        return self._draw_sides(step, axis, top, core, bottom, sides) if sides else bottom

    def _fork(self, step: Step, axis: float, top: float, core: _Size) -> float:
        branches = [(label, block, self._block_size(block)) for label, block in _branches(step)]
        width = sum(size.width for _, _, size in branches) + BRANCH_GAP * (len(branches) - 1)
        last = branches[-1][2]
        x = axis - (branches[0][2].axis + width - last.width + last.axis) / 2
        join = top + LABEL_GAP + max(size.height for _, _, size in branches) + GAP
        for label, block, size in branches:
            inner = x + size.axis
            begin = top + LABEL_GAP
            first = block[0].id if block else None
            bend = top + GAP / 2
            others = tuple(other[0].id for _, other, _ in branches if other) if not block else ()
            unless = others if isinstance(step, ChoiceStep) else ()
            path = [(axis, top), (axis, bend), (inner, bend), (inner, begin)]
            self._line(path, step.id, first, arrow=bool(block), unless=unless)
            if label:
                self.layout.labels.append(Label(inner + 8, begin - 10, shorten(label, LABEL_CHARS)))
            bottom = self._block_after_line(block, inner, begin)
            leave = block[-1].id if block else step.id
            bend = join - GAP / 2
            path = [(inner, bottom), (inner, bend), (axis, bend), (axis, join)]
            self._line(path, leave, None, arrow=False, unless=unless)
            x += size.width + BRANCH_GAP
        return join

    def _block_after_line(self, steps: tuple[Step, ...], axis: float, top: float) -> float:
        """Draw a list to whose first box the line is already drawn."""
        if not steps:
            return top
        bottom = self._step(steps[0], axis, top)
        return self._block(steps[1:], axis, bottom + GAP, steps[0].id, bottom) if steps[1:] else bottom

    def _draw_sides(
        self,
        step: Step,
        axis: float,
        top: float,
        core: _Size,
        bottom: float,
        sides: list[tuple[str, tuple[Step, ...]]],
    ) -> float:
        x = axis - core.axis + core.width + BRANCH_GAP
        middle = top + _node_height(step) / 2
        end = top + self._size(step).height
        self._line([(axis, bottom), (axis, end)], step.id, None, arrow=False)
        for words, block in sides:
            size = self._block_size(block)
            inner, begin = x + size.axis, middle + LABEL_GAP
            corner = [(axis + NODE_WIDTH / 2, middle), (inner, middle), (inner, begin)]
            self._line(corner, step.id, block[0].id, kind="side")
            self.layout.labels.append(Label(inner + 8, begin - 12, words))
            leave = self._block_after_line(block, inner, begin)
            bend = end - GAP / 2
            self._line(
                [(inner, leave), (inner, bend), (axis, bend)], block[-1].id, None, kind="side", arrow=False
            )
            x += size.width + BRANCH_GAP
        return end

    def _draw_returns(self, left: float) -> None:
        for node in list(self.layout.nodes.values()):
            for words, target in returns_of(node.step):
                aim = self.layout.nodes[target.step]
                lane = self._lane(node, aim, left)
                start, end = node.y + node.height - 14, aim.y + 14
                points = [(node.x, start), (lane, start), (lane, end), (aim.x, end)]
                self._line(points, node.step.id, target.step, kind="back")
                self.layout.labels.append(Label(node.x + 2, node.y + node.height + 14, f"↩ {words}"))

    def _lane(self, node: Node, aim: Node, left: float) -> float:
        """The x of a line back: beside the leftmost box between the two that shares their column."""
        between = [
            other.x
            for other in self.layout.nodes.values()
            if aim.y <= other.y <= node.y and abs(other.axis - node.axis) < NODE_WIDTH
        ]
        self.back_lanes += 1
        return min([aim.x, node.x, *between]) - 14 - 6 * ((self.back_lanes - 1) % 3)

    def _line(
        self,
        points: list[tuple[float, float]],
        source: str | None,
        target: str | None,
        kind: str = "flow",
        *,
        arrow: bool = True,
        unless: tuple[str, ...] = (),
    ) -> None:
        self.layout.edges.append(Edge(tuple(points), source, target, kind, arrow, unless))


def _node_height(step: Step) -> float:
    return NODE_PADDING + LINE_HEIGHT * len(wrap(step.name, NAME_CHARS, NAME_LINES))
