"""The diagram of a template, with where a run stands in it: SVG of words, boxes and lines; CSS gives the colours.

Classes for the style sheet: `node node-<state>` (`done active waiting failed skipped idle`), inside it `node-box`,
`node-icon`, `node-glyph`, `node-name`, `node-state`; `edge` with `edge-done`, `edge-side`, `edge-back`; `arrow`,
`edge-label`, `terminal`, `terminal-name`, `terminal-end`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from apps.workflows.diagram_layout import NODE_WIDTH, TERMINAL, Edge, Layout, Node, layout, shorten
from apps.workflows.engine.definition import Definition

STATE_CHARS = 33
RADIUS = 8
KIND_WORDS = {
    "action": "Action",
    "approval": "Approval",
    "assist": "Assistant",
    "check": "Check",
    "choice": "Choice",
    "decision": "Decision table",
    "end": "End",
    "for_each": "For each",
    "notify": "Message",
    "parallel": "In parallel",
    "set": "Note",
    "subflow": "Workflow",
    "user_task": "Task",
    "wait": "Wait",
}
STATE_WORDS = {
    "done": "completed",
    "active": "in progress",
    "waiting": "waiting",
    "failed": "need attention",
    "skipped": "skipped",
}
_WAITS_FOR_OTHERS = frozenset({"approval", "user_task", "wait", "subflow"})
_STATES = {
    "completed": "done",
    "skipped": "skipped",
    "closed": "skipped",
    "exception": "failed",
    "retrying": "waiting",
    "handling": "active",
    "draining": "active",
}
_GLYPHS = {
    "done": "M-4 0.5 L-1.2 3.4 L4.2 -3",
    "active": "M-2.4 -3.8 L4 0 L-2.4 3.8 Z",
    "waiting": "M0 -4 L0 0.4 L3 2.2",
    "failed": "M0 -4.2 L0 1 M0 3.8 L0 4.2",
    "skipped": "M-3.6 0 L3.6 0",
}


@dataclass(frozen=True, slots=True)
class StepMark:
    """How a step of a run is drawn. `text` is the word for its state, `detail` what follows it ("2 d on the customer")."""

    state: str
    text: str
    detail: str = ""
    visits: int = 1

    @classmethod
    def of(cls, kind: str, status: str, text: str, detail: str = "", visits: int = 1) -> StepMark:
        """The mark of a step of this kind in a status of `choices.StepStatus`; `text` is the status's label."""
        default = "waiting" if kind in _WAITS_FOR_OTHERS else "active"
        return cls(_STATES.get(status, default), text, detail, visits)


def render_svg(
    definition: Definition, step_states: Mapping[str, StepMark] | None = None, *, element_id: str = "diagram"
) -> str:
    """The diagram as an SVG element. Each step links to `#step-<id>`; steps without a mark were not reached."""
    marks = step_states or {}
    drawing = layout(definition)
    width, height = round(drawing.width), round(drawing.height)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{escape(element_id)}" role="group" width="{width}"'
            f' height="{height}" viewBox="0 0 {width} {height}"'
            f' aria-labelledby="{escape(element_id)}-title" aria-describedby="{escape(element_id)}-desc">'
        ),
        f'<title id="{escape(element_id)}-title">Diagram of {escape(definition.name)}</title>',
        f'<desc id="{escape(element_id)}-desc">{escape(_summary(drawing, marks))}</desc>',
        *(_edge(edge, marks) for edge in sorted(drawing.edges, key=lambda edge: _is_passed(edge, marks))),
        *(
            f'<text class="edge-label" x="{label.x:g}" y="{label.y:g}">{escape(label.text)}</text>'
            for label in drawing.labels
        ),
        _terminals(definition, drawing),
        *(_node(node, marks.get(node.step.id)) for node in drawing.nodes.values()),
        "</svg>",
    ]
    return "".join(parts)


def _summary(drawing: Layout, marks: Mapping[str, StepMark]) -> str:
    total = len(drawing.nodes)
    counts = Counter(mark.state for step, mark in marks.items() if step in drawing.nodes)
    parts = [f"{counts[state]} {words}" for state, words in STATE_WORDS.items() if counts[state]]
    steps = "1 step" if total == 1 else f"{total} steps"
    return f"{steps}: {', '.join(parts)}." if parts else f"{steps}."


def _node(node: Node, mark: StepMark | None) -> str:
    state = mark.state if mark else "idle"
    step = node.step
    kind = KIND_WORDS.get(step.kind, step.kind)
    words = _state_words(kind, mark)
    names = "".join(
        f'<text class="node-name" x="{node.x + 42:g}" y="{node.y + 22 + 17 * index:g}">{escape(line)}</text>'
        for index, line in enumerate(node.lines)
    )
    label = escape(f"{step.name}. {words}.")
    return (
        f'<a class="node node-{state} node-kind-{step.kind}" href="#step-{step.id}" aria-label="{label}">'
        f"<title>{label}</title>"
        f'<rect class="node-box" x="{node.x:g}" y="{node.y:g}" width="{NODE_WIDTH}" height="{node.height:g}" rx="{RADIUS}"/>'
        f"{_icon(state, node.x + 23, node.y + node.height / 2)}{names}"
        f'<text class="node-state" x="{node.x + 42:g}" y="{node.y + node.height - 12:g}">'
        f"{escape(shorten(words, STATE_CHARS))}</text></a>"
    )


def _state_words(kind: str, mark: StepMark | None) -> str:
    if mark is None:
        return kind
    again = f"visit {mark.visits}" if mark.visits > 1 else ""
    return " · ".join(part for part in (mark.text or kind, mark.detail, again) if part)


def _icon(state: str, x: float, y: float) -> str:
    glyph = _GLYPHS.get(state)
    drawn = f'<path class="node-glyph" d="{glyph}"/>' if glyph else ""
    return f'<g class="node-icon" transform="translate({x:g} {y:g})"><circle r="9"/>{drawn}</g>'


def _is_passed(edge: Edge, marks: Mapping[str, StepMark]) -> bool:
    """Whether the run came along the line: where it comes from is over, and where it leads to was reached."""
    if edge.kind == "back" or any(step in marks for step in edge.unless):
        return False
    source = marks.get(edge.source) if edge.source else None
    is_left = edge.source is None or (source is not None and source.state in ("done", "skipped"))
    if edge.target is None:
        return is_left and bool(marks)
    return edge.target in marks and (source is not None or edge.source is None)


def _edge(edge: Edge, marks: Mapping[str, StepMark]) -> str:
    classes = ["edge", *([f"edge-{edge.kind}"] if edge.kind != "flow" else [])]
    passed = _is_passed(edge, marks)
    if passed:
        classes.append("edge-done")
    path = f'<path class="{" ".join(classes)}" d="{_rounded(edge.points)}"/>'
    if not edge.has_arrow:
        return path
    (x1, y1), (x2, y2) = edge.points[-2:]
    tip = f"M{x2:g} {y2:g} l-4.5 -7 h9 z" if y2 != y1 else f"M{x2:g} {y2:g} l-7 -4.5 v9 z"
    return (
        f'{path}<path class="arrow{" arrow-done" if passed else ""}" d="{tip}"/>'
        if (x1, y1) != (x2, y2)
        else path
    )


def _rounded(points: tuple[tuple[float, float], ...]) -> str:
    """A line through points, with its corners rounded."""
    corners = [
        points[0],
        *(point for before, point in itertools.pairwise(points) if point != before),
    ]
    path = [f"M{corners[0][0]:g} {corners[0][1]:g}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        entering, leaving = _toward(corner, before), _toward(corner, after)
        path.append(
            f"L{entering[0]:g} {entering[1]:g} Q{corner[0]:g} {corner[1]:g} {leaving[0]:g} {leaving[1]:g}"
        )
    path.append(f"L{corners[-1][0]:g} {corners[-1][1]:g}")
    return " ".join(path)


def _toward(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(abs(dx), abs(dy))
    step = min(RADIUS, length / 2) / length if length else 0
    return corner[0] + dx * step, corner[1] + dy * step


def _terminals(definition: Definition, drawing: Layout) -> str:
    x, y = drawing.start
    name = definition.trigger.event if definition.trigger else "Start"
    text = shorten(name, 30)
    width = 32 + 7 * len(text)
    end_x, end_y = drawing.end
    return (
        f'<rect class="terminal" x="{x - width / 2:g}" y="{y - TERMINAL / 2:g}" width="{width}" height="{TERMINAL}"'
        f' rx="{TERMINAL / 2:g}"/>'
        f'<text class="terminal-name" text-anchor="middle" x="{x:g}" y="{y + 4:g}">{escape(text)}</text>'
        f'<circle class="terminal" cx="{end_x:g}" cy="{end_y:g}" r="9"/>'
        f'<circle class="terminal-end" cx="{end_x:g}" cy="{end_y:g}" r="4"/>'
    )
