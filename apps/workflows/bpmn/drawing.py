"""Laying a template out as BPMN: left to right, branches below one another, deviations below their step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from apps.workflows.bpmn.graph import Flow, Graph, Node
from apps.workflows.bpmn.lines import (
    height_of,
    route,
    shown,
    start_body,
    start_name,
    timer_body,
    timer_of,
    words_above,
    words_on,
)
from apps.workflows.bpmn.words import SIDES, TAGS, own_part, sides_of

Json = dict[str, Any]

TASK_WIDTH, TASK_HEIGHT, EVENT, GATEWAY = 120.0, 80.0, 36.0, 50.0
GAP, ROW, PADDING = 50.0, 40.0, 40.0
ENTRY, SIDE, HANGS, BESIDE = 150.0, 70.0, 20.0, 40.0
"""Length of a line with words into a branch, and into a deviation; how far in, and how far apart, deviations hang."""


@dataclass(frozen=True, slots=True)
class Size:
    """Room a step or list needs: to the right, above and below the line it stands on."""

    width: float
    above: float
    below: float


@dataclass(frozen=True, slots=True)
class Exit:
    """A loose end: from which element the next line comes, with its words and condition, and at which height it runs."""

    node: str
    name: str = ""
    condition: str = ""
    is_default: bool = False
    order: int = 0
    row: float | None = None


def draw(source: Json) -> Graph:
    """The process of a template, from its document."""
    steps = source["steps"]
    drawing = _Drawing(Graph(), itertools.count(1), {})
    drawing.whole(
        steps,
        source.get("trigger"),
        60.0,
        60.0 + drawing.size_of(steps).above,
        "process-start",
        "process-end",
    )
    return drawing.graph


def ends(steps: list[Json]) -> bool:
    """Whether a list never comes to its end, because its last step ends the run."""
    if not steps or steps[-1].get("when") is not None:
        return False
    last = steps[-1]
    if last["kind"] == "end":
        return not list(sides_of(last))
    if last["kind"] == "choice" and not list(sides_of(last)):
        return all(ends(block) for block in _blocks(last))
    return False


def _blocks(step: Json) -> list[list[Json]]:
    if step["kind"] == "parallel":
        return list(step["branches"])
    return [case.get("steps", []) for case in step["cases"]] + [step.get("otherwise") or []]


class _Drawing:
    def __init__(self, graph: Graph, numbers: Iterator[int], sizes: dict[int, Size]) -> None:
        self.graph = graph
        self.numbers = numbers
        self.sizes = sizes

    def whole(self, steps: list[Json], trigger: Any, x: float, axis: float, start: str, finish: str) -> float:
        """A list between a start and an end event; returns where it ends on the right."""
        self.event(start, "startEvent", x, axis, body=start_body(trigger), name=start_name(trigger))
        exits, right = self.block(steps, x + EVENT + GAP, axis, [Exit(start)], open_end=False)
        if exits:
            self.event(finish, "endEvent", right, axis)
            self.join_lines(exits, finish)
            right += EVENT
        return right

    # sizes, from the inside out

    def size_of(self, steps: list[Json]) -> Size:
        sizes = [self.size(step) for step in steps]
        if not sizes:
            return Size(GAP, TASK_HEIGHT / 4, TASK_HEIGHT / 4)
        width = sum(size.width for size in sizes) + GAP * (len(sizes) - 1)
        return Size(width, max(size.above for size in sizes), max(size.below for size in sizes))

    def size(self, step: Json) -> Size:
        known = self.sizes.get(id(step))
        if known is None:
            known = self.sizes[id(step)] = self._with_sides(step, self._core_size(step))
        return known

    def _core_size(self, step: Json) -> Size:
        kind = step["kind"]
        if kind in ("parallel", "choice"):
            inner = [self.size_of(block) for block in _blocks(step)]
            tall = sum(size.above + size.below for size in inner) + ROW * (len(inner) - 1)
            above = max(inner[0].above, GATEWAY / 2 + 6 + height_of(step.get("name") or "", 120))
            wide = max(size.width for size in inner) + 2 * GATEWAY + _entry_gap(step) + GAP
            core = Size(wide, above, tall - inner[0].above)
            return _padded(core) if _needs_scope(step) else core
        if kind == "for_each":
            inside = self.size_of(step["steps"])
            return _padded(inside)
        return Size(TASK_WIDTH, TASK_HEIGHT / 2, TASK_HEIGHT / 2 + 20)

    def _with_sides(self, step: Json, core: Size) -> Size:
        sides = [self.size_of(block) for _, block in sides_of(step)]
        if not sides:
            return core
        wide = max(core.width, *(size.width + _before_sides(len(sides)) for size in sides))
        tall = sum(size.above + size.below + ROW for size in sides)
        return Size(wide + GAP + GATEWAY, core.above, core.below + tall)

    # places, from the outside in

    def block(
        self, steps: list[Json], x: float, axis: float, exits: list[Exit], *, open_end: bool
    ) -> tuple[list[Exit], float]:
        """Draw a list that the exits lead into; returns its own exits and where the next element may stand."""
        for index, step in enumerate(steps):
            has_more = index + 1 < len(steps) or open_end
            exits = self._step(step, x, axis, exits, has_more=has_more)
            x += self.size(step).width + GAP
        return exits, x

    def _step(self, step: Json, x: float, axis: float, exits: list[Exit], *, has_more: bool) -> list[Exit]:
        core = self._core_size(step)
        node, leaving = self._core(step, x, axis, exits, core, has_more=has_more)
        sides = list(sides_of(step))
        if not sides:
            return leaving
        merge = f"{step['id']}-merge"
        top, loose = axis + core.below + ROW, []
        for index, (key, block) in enumerate(sides):
            size = self.size_of(block)
            # The first deviation hangs rightmost, so that no line crosses another one.
            hangs = x + HANGS + (len(sides) - 1 - index) * BESIDE
            row = top + size.above
            boundary = self._boundary(step, key, node, hangs, row)
            begins = x + _before_sides(len(sides))
            found, _ = self.block(block, begins, row, [Exit(boundary)], open_end=False)
            loose += found
            top += size.above + size.below + ROW
        if not loose:
            return leaving
        self._gateway(merge, "exclusiveGateway", x + self.size(step).width - GATEWAY, axis)
        self.join_lines([*leaving, *loose], merge)
        return [Exit(merge)]

    def _core(
        self, step: Json, x: float, axis: float, exits: list[Exit], core: Size, *, has_more: bool
    ) -> tuple[str, list[Exit]]:
        kind = step["kind"]
        if kind in ("parallel", "choice"):
            if not _needs_scope(step):
                return step["id"], self.fork(step, x, axis, exits, has_more=has_more)
            scope = f"{step['id']}-scope"
            inner = self._scope(scope, step, x, axis, core)
            done = inner.fork(step, x + PADDING + EVENT + GAP, axis, [Exit(f"{scope}-start")], has_more=True)
            inner.event(f"{scope}-end", "endEvent", x + core.width - PADDING - EVENT, axis)
            inner.join_lines(done, f"{scope}-end")
            self.join_lines(exits, scope)
            return scope, [Exit(scope)]
        if kind == "for_each":
            inner = self._scope(step["id"], step, x, axis, core, repeats=True)
            first = f"{step['id']}-start"
            found, right = inner.block(
                step["steps"], x + PADDING + EVENT + GAP, axis, [Exit(first)], open_end=False
            )
            if found:
                inner.event(f"{step['id']}-end", "endEvent", right, axis)
                inner.join_lines(found, f"{step['id']}-end")
            self.join_lines(exits, step["id"])
            return step["id"], [Exit(step["id"])]
        self._leaf(step, x, axis, has_more=has_more)
        self.join_lines(exits, step["id"])
        is_over = self.graph.nodes[step["id"]].tag == "endEvent"
        return step["id"], [] if is_over else [Exit(step["id"])]

    def fork(self, step: Json, x: float, axis: float, exits: list[Exit], *, has_more: bool) -> list[Exit]:
        """Draw the gateways of a fork and its branches; returns what comes out."""
        is_parallel = step["kind"] == "parallel"
        tag = "parallelGateway" if is_parallel else "exclusiveGateway"
        self._gateway(step["id"], tag, x, axis, step)
        self.join_lines(exits, step["id"])
        blocks, leaving, row = _blocks(step), [], axis
        needs_exit = (has_more or step.get("when") is not None) and all(ends(block) for block in blocks)
        widest = max(self.size_of(block).width for block in blocks)
        for index, block in enumerate(blocks):
            size = self.size_of(block)
            row = row + (size.above if index else 0)
            entry = replace(self._entry(step, index), order=index, row=None if block else row)
            begins = x + GATEWAY + _entry_gap(step)
            found, _ = self.block(block, begins, row, [entry], open_end=needs_exit and index == 0)
            leaving += found
            row += size.below + ROW
        if not leaving:
            return []
        join = f"{step['id']}-join"
        joined = tag if step.get("join", "all") == "all" or not is_parallel else "complexGateway"
        self._gateway(join, joined, x + GATEWAY + _entry_gap(step) + GAP + widest, axis)
        self.graph.nodes[join].step = {"joins": step["id"]}
        self.join_lines(leaving, join)
        return [Exit(join)]

    def _entry(self, step: Json, index: int) -> Exit:
        if step["kind"] == "parallel":
            labels = step.get("labels") or []
            return Exit(step["id"], str(labels[index]) if index < len(labels) else "")
        if index == len(step["cases"]):
            return Exit(step["id"], "otherwise", is_default=True)
        case = step["cases"][index]
        return Exit(step["id"], str(case.get("label") or shown(str(case["when"]))), str(case["when"]))

    # elements

    def _leaf(self, step: Json, x: float, axis: float, *, has_more: bool) -> None:
        kind, name = step["kind"], step.get("name") or step["id"].replace("_", " ").capitalize()
        has_sides = any(True for _ in sides_of(step))
        if kind == "end" and not has_sides:
            is_last = not has_more and step.get("when") is None
            tag, body = (
                ("endEvent", "<bpmn:terminateEventDefinition />")
                if is_last
                else ("intermediateThrowEvent", "")
            )
            self.event(step["id"], tag, x + (TASK_WIDTH - EVENT) / 2, axis, name=name, body=body, step=step)
        elif kind == "wait" and "event" not in step and not has_sides:
            body = timer_of(step)
            tag = "intermediateCatchEvent"
            self.event(step["id"], tag, x + (TASK_WIDTH - EVENT) / 2, axis, name=name, body=body, step=step)
        else:
            attributes = {"calledElement": str(step["template"])} if kind == "subflow" else {}
            self._put(
                Node(
                    step["id"],
                    TAGS.get(kind, "receiveTask" if kind == "wait" else "task"),
                    name,
                    x,
                    axis - TASK_HEIGHT / 2,
                    TASK_WIDTH,
                    TASK_HEIGHT,
                    attributes,
                    step=own_part(step),
                    note=str(step.get("description") or ""),
                )
            )

    def _scope(
        self, key: str, step: Json, x: float, axis: float, core: Size, *, repeats: bool = False
    ) -> _Drawing:
        inside = Graph()
        is_sequential = step.get("mode", "sequential") == "sequential"
        body = _repeated(step, is_sequential=is_sequential) if repeats else ""
        name = (step.get("name") or step["id"].replace("_", " ").capitalize()) if repeats else ""
        own = own_part(step) if repeats else None
        height = core.above + core.below
        self._put(
            Node(
                key,
                "subProcess",
                name,
                x,
                axis - core.above,
                core.width,
                height,
                body=body,
                step=own,
                axis=axis,
                inside=inside,
            )
        )
        inner = _Drawing(inside, self.numbers, self.sizes)
        inner.event(f"{key}-start", "startEvent", x + PADDING, axis)
        return inner

    def _boundary(self, step: Json, key: str, node: str, x: float, row: float) -> str:
        event, words = SIDES[key]
        boundary = f"{step['id']}-{key}"
        after = step["timeout"].get("after") if key == "timeout" else None
        body = timer_body("timeDuration", after) if event == "timer" else ""
        held = self.graph.nodes[node]
        self._put(
            Node(
                boundary,
                "boundaryEvent",
                words,
                x - EVENT / 2,
                held.y + held.height - EVENT / 2,
                EVENT,
                EVENT,
                {"attachedToRef": node},
                body or "<bpmn:errorEventDefinition />",
                step={"slot": key},
                label=(x + 6, row - 18, SIDE - 10, 14),
            )
        )
        return boundary

    def event(
        self,
        key: str,
        tag: str,
        x: float,
        axis: float,
        *,
        name: str = "",
        body: str = "",
        step: Json | None = None,
    ) -> None:
        """Draw an event."""
        own = own_part(step) if step else None
        self._put(Node(key, tag, name, x, axis - EVENT / 2, EVENT, EVENT, body=body, step=own))

    def _gateway(self, key: str, tag: str, x: float, axis: float, step: Json | None = None) -> None:
        name = str(step.get("name") or "") if step else ""
        own = own_part(step) if step else None
        top = axis - GATEWAY / 2
        label = words_above(x, top, GATEWAY, name) if name else None
        self._put(Node(key, tag, name, x, top, GATEWAY, GATEWAY, step=own, label=label))

    def _put(self, node: Node) -> None:
        self.graph.nodes[node.id] = node

    def join_lines(self, exits: list[Exit], target: str) -> None:
        """Draw the lines from loose ends to an element."""
        for leaving in exits:
            flow = Flow(
                f"flow-{next(self.numbers)}",
                leaving.node,
                target,
                leaving.name,
                leaving.condition,
                leaving.order,
            )
            source = self.graph.nodes[leaving.node]
            flow.points = route(source, self.graph.nodes[target], leaving.row)
            if flow.name:
                flow.label = words_on(flow.points, flow.name, ENTRY - 20)
            self.graph.flows.append(flow)
            if leaving.is_default:
                source.attributes["default"] = flow.id


def _needs_scope(step: Json) -> bool:
    """Whether a fork stands in a sub-process of its own, because deviations can only hang on an activity."""
    return any(True for _ in sides_of(step))


def _entry_gap(step: Json) -> float:
    return ENTRY if step["kind"] == "choice" or any(step.get("labels") or []) else GAP


def _before_sides(number: int) -> float:
    """How far right of its activity's left edge a deviation begins."""
    return HANGS + (number - 1) * BESIDE + SIDE


def _padded(core: Size) -> Size:
    return Size(core.width + 2 * (PADDING + EVENT + GAP), core.above + PADDING, core.below + PADDING)


def _repeated(step: Json, *, is_sequential: bool) -> str:
    sequential = "true" if is_sequential else "false"
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}" />'
