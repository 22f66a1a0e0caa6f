"""A template drawn as BPMN and read again is the same template; the drawing is whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from apps.workflows.bpmn.export import export_bpmn
from apps.workflows.bpmn.importing import import_bpmn
from apps.workflows.bpmn.words import MODEL
from apps.workflows.bpmn.xml import Element, read_xml
from apps.workflows.engine.parse import parse_template
from tests.unit.engine.templates import templates

Json = dict[str, Any]
SEEDED = [
    path for path in sorted(Path("apps").rglob("workflow_templates/*.yaml")) if ".tests" not in path.name
]
ORDER = ("documentation", "extensionElements", "incoming", "outgoing")
IN_PROCESS = {"task", "userTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask", "scriptTask"}
IN_PROCESS |= {
    "callActivity",
    "subProcess",
    "exclusiveGateway",
    "parallelGateway",
    "complexGateway",
    "startEvent",
}
IN_PROCESS |= {"endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}


def assert_whole(xml: str) -> None:
    """What the OMG's schema and a modeler ask for: ids once, lines between elements of one process, a place for each."""
    root = read_xml(xml)
    ids = Counter(one.attributes["id"] for one in root.walk() if "id" in one.attributes)
    assert [key for key, count in ids.items() if count > 1] == []
    shapes = {one.attributes["bpmnElement"] for one in root.walk() if one.name in ("BPMNShape", "BPMNEdge")}
    for scope in (one for one in root.walk() if one.space == MODEL and one.name in ("process", "subProcess")):
        nodes = {one.attributes["id"]: one for one in scope.children if one.name in IN_PROCESS}
        for flow in scope.all("sequenceFlow"):
            source, target = nodes[flow.attributes["sourceRef"]], nodes[flow.attributes["targetRef"]]
            key = flow.attributes["id"]
            assert key in [one.text for one in source.all("outgoing")]
            assert key in [one.text for one in target.all("incoming")]
            assert key in shapes
        for key, node in nodes.items():
            assert key in shapes
            assert_ordered(node)
            if node.name == "endEvent":
                assert node.first("outgoing") is None
            if node.name == "boundaryEvent":
                assert node.attributes["attachedToRef"] in nodes


def assert_ordered(node: Element) -> None:
    places = [ORDER.index(one.name) if one.name in ORDER else len(ORDER) for one in node.children]
    assert places == sorted(places), node.name


def assert_same(source: Json) -> None:
    xml = export_bpmn(source)
    assert_whole(xml)
    found = import_bpmn(xml)
    assert [note.to_json() for note in found.notes] == []
    assert found.source == source


@pytest.mark.parametrize("path", SEEDED, ids=lambda path: path.stem)
def test_every_seeded_template_comes_back_the_same(path: Path) -> None:
    parsed = parse_template(path.read_text())
    assert_same(json.loads(json.dumps(parsed.definition.source)))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(template=templates())
def test_random_templates_come_back_the_same(template: Json) -> None:
    assert_same(template)


CHOICE: Json = {
    "id": "size",
    "kind": "choice",
    "cases": [
        {"when": "input.a > 1", "steps": [{"id": "x", "kind": "set", "values": {}}]},
        {"when": "input.a > 0", "label": "Small", "steps": []},
    ],
}


def changed(old: str, new: str) -> Json:
    """The choice after somebody has changed the drawing."""
    xml = export_bpmn({"format": 1, "key": "ways", "name": "Ways", "steps": [CHOICE]})
    assert old in xml
    found = import_bpmn(xml.replace(old, new)).source
    assert found is not None
    step: Json = found["steps"][0]
    return step


def test_words_on_a_way_become_its_label_and_a_condition_does_not() -> None:
    assert changed('name="Small"', 'name="Tiny"')["cases"][1]["label"] == "Tiny"
    named = changed('name="input.a &gt; 1"', 'name="Large"')
    assert [case.get("label") for case in named["cases"]] == ["Large", "Small"]
    other = changed(">input.a &gt; 1<", ">input.a &gt; 2<")
    assert other["cases"] == [CHOICE["cases"][0] | {"when": "input.a > 2"}, CHOICE["cases"][1]]


def test_texts_that_xml_cannot_hold_are_kept() -> None:
    name = "A <b> & \"c\" 'd' \u0001\ud800 line\nbreak"
    step = {"id": "s", "kind": "set", "name": name, "values": {"x": "</wf:step>"}}
    source = {"format": 1, "key": "odd", "name": name, "steps": [step]}
    assert import_bpmn(export_bpmn(source)).source is not None


def test_every_place_is_to_the_right_of_the_one_before() -> None:
    steps = [{"id": f"s{n}", "kind": "set", "values": {}} for n in range(3)]
    root = read_xml(export_bpmn({"format": 1, "key": "row", "name": "Row", "steps": steps}))
    shapes = {one.attributes["bpmnElement"]: one for one in root.walk() if one.name == "BPMNShape"}
    order = ["process-start", "s0", "s1", "s2", "process-end"]
    xs = [float(next(shapes[key].all("Bounds")).attributes["x"]) for key in order]
    assert xs == sorted(xs)
