"""The diagram: nothing overlaps, every step is a link with words, and the text cannot break out of the SVG."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings

from apps.workflows.diagram import StepMark, render_svg
from apps.workflows.diagram_layout import NODE_WIDTH, layout, wrap
from apps.workflows.engine.parse import compile_definition
from tests.unit.engine.templates import templates
from tests.unit.engine.world import template

SVG = "{http://www.w3.org/2000/svg}"


def task(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "kind": "user_task", "assignee": {"role": "finance"}, **more}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(templates())
def test_boxes_never_overlap_and_stay_inside(source: dict[str, Any]) -> None:
    definition = compile_definition(source)
    drawing = layout(definition)
    nodes = list(drawing.nodes.values())
    assert set(drawing.nodes) == set(definition.places)
    for index, one in enumerate(nodes):
        assert one.x >= 0
        assert one.x + NODE_WIDTH <= drawing.width
        assert one.y + one.height <= drawing.height
        for other in nodes[index + 1 :]:
            apart = abs(one.x - other.x) >= NODE_WIDTH
            above = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart or above, f"{one.step.id} and {other.step.id} overlap"
    root = ElementTree.fromstring(render_svg(definition))
    assert len(root.findall(f"{SVG}a")) == len(nodes)


def test_every_step_says_its_name_and_state_in_words() -> None:
    definition = compile_definition(template(task("a", name='Sign <it> & "go"'), task("b")))
    marks = {"a": StepMark.of("user_task", "open", "In progress", "2 d on the customer", visits=2)}
    svg = render_svg(definition, marks, element_id="run-diagram")
    root = ElementTree.fromstring(svg)
    assert "style=" not in svg
    assert root.attrib["aria-labelledby"] == "run-diagram-title"
    first, second = root.findall(f"{SVG}a")
    assert first.attrib["href"] == "#step-a"
    assert first.attrib["aria-label"] == 'Sign <it> & "go". In progress · 2 d on the customer · visit 2.'
    assert "node-waiting" in first.attrib["class"]
    assert second.attrib["aria-label"] == "B. Task."
    assert "node-idle" in second.attrib["class"]
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == "2 steps: 1 waiting."


def test_the_way_the_run_came_is_marked() -> None:
    cases = [{"when": "input.x", "label": "Yes", "steps": [task("yes")]}]
    definition = compile_definition(template({"id": "pick", "kind": "choice", "cases": cases}, task("after")))
    done = StepMark("done", "Completed")

    def passed(marks: dict[str, StepMark]) -> int:
        return render_svg(definition, marks).count("edge-done")

    assert passed({}) == 0
    assert passed({"pick": StepMark("active", "In progress"), "yes": done}) == 3
    assert passed({"pick": done, "yes": done, "after": done}) == 5
    assert passed({"pick": done, "after": done}) == 5


def test_texts_are_wrapped_by_columns() -> None:
    assert wrap("Create the project in the PSA", 28, 2) == ("Create the project in the", "PSA")
    assert wrap("x" * 70, 28, 2) == ("x" * 28, "x" * 27 + "…")
    assert wrap("批准" * 20, 28, 2) == ("批准" * 7, "批准" * 6 + "批…")
    assert wrap("", 28, 2) == ("",)
