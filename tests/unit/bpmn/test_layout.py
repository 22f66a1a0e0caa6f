"""A drawing is tidy: nothing lies on anything else, and no line runs through an element."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from apps.workflows.bpmn.drawing import draw
from apps.workflows.bpmn.graph import Box, Flow, Graph, Node, Point
from tests.unit.bpmn.samples import documents
from tests.unit.engine.templates import templates

Json = dict[str, Any]


def box(node: Node) -> Box:
    return node.x, node.y, node.width, node.height


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return (
        one[0] < other[0] + other[2] - 1
        and other[0] < one[0] + one[2] - 1
        and one[1] < other[1] + other[3] - 1
        and other[1] < one[1] + one[3] - 1
    )


def stretches(points: list[Point]) -> Iterator[Box]:
    """Each stretch of a line as a box two points thick."""
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        assert x1 == x2 or y1 == y2, "a line runs aslant"
        yield min(x1, x2) - 1, min(y1, y2) - 1, abs(x1 - x2) + 2, abs(y1 - y2) + 2


def is_held(one: Node, other: Node) -> bool:
    return one.attributes.get("attachedToRef") == other.id or other.attributes.get("attachedToRef") == one.id


def faults(graph: Graph) -> Iterator[str]:
    """What a reader would find untidy."""
    nodes = list(graph.nodes.values())
    for one, other in itertools.combinations(nodes, 2):
        if meet(box(one), box(other)) and not is_held(one, other):
            yield f"{one.id} lies on {other.id}"
    for flow in graph.flows:
        yield from faults_of_line(graph, flow)
    for node in nodes:
        if node.label and any(meet(node.label, box(other)) for other in nodes):
            yield f"the name of {node.id} lies on something"
        if node.inside is not None:
            yield from faults(node.inside)
            inside = node.inside.nodes.values()
            yield from (
                f"{inner.id} sticks out of {node.id}" for inner in inside if not is_within(inner, node)
            )


def faults_of_line(graph: Graph, flow: Flow) -> Iterator[str]:
    nodes, ends = graph.nodes.values(), (graph.nodes[flow.source], graph.nodes[flow.target])
    crossed = [node for node in nodes if node not in ends and not is_held(node, ends[0])]
    for stretch in stretches(flow.points):
        yield from (
            f"{flow.source} to {flow.target} crosses {n.id}" for n in crossed if meet(stretch, box(n))
        )
    if flow.label and any(meet(flow.label, box(node)) for node in nodes):
        yield f"the words on {flow.id}, “{flow.name}”, lie on something"


def is_within(inner: Node, outer: Node) -> bool:
    is_beside = inner.x < outer.x or inner.right > outer.right
    return not (is_beside or inner.y < outer.y or inner.y + inner.height > outer.y + outer.height)


@pytest.mark.parametrize("source", documents(), ids=lambda source: str(source["key"]))
def test_what_is_delivered_and_what_is_hard_is_tidy(source: Json) -> None:
    assert list(faults(draw(source))) == []


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(template=templates())
def test_any_template_is_tidy(template: Json) -> None:
    assert list(faults(draw(template))) == []
