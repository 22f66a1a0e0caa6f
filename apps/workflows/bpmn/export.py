"""A template as BPMN 2.0 XML with its drawing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from apps.workflows.bpmn.drawing import draw
from apps.workflows.bpmn.graph import Box, Flow, Graph, Node
from apps.workflows.bpmn.words import DC, DD, DI, EXTENSION, MODEL, XSI

Json = dict[str, Any]


def export_bpmn(source: Mapping[str, Any]) -> str:
    """The XML of a valid template's document; `import_bpmn` reads it back."""
    graph = draw(dict(source))
    key, name = str(source["key"]), str(source["name"])
    head = {name: value for name, value in source.items() if name != "steps"}
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<bpmn:definitions xmlns:bpmn="{MODEL}" xmlns:bpmndi="{DI}" xmlns:dc="{DC}" xmlns:di="{DD}"',
            f' xmlns:xsi="{XSI}" xmlns:wf="{EXTENSION}" id="definitions-{key}" targetNamespace="{EXTENSION}">\n',
            f'<bpmn:process id="process-{key}" name="{_clean(name)}" isExecutable="false">\n',
            _documentation(str(source.get("description") or "")),
            _extension("template", head),
            *_elements(graph),
            "</bpmn:process>\n",
            f'<bpmndi:BPMNDiagram id="diagram-{key}"><bpmndi:BPMNPlane id="plane-{key}" bpmnElement="process-{key}">\n',
            *_shapes(graph),
            "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>\n</bpmn:definitions>\n",
        ]
    )


def _elements(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        yield from _element(node, graph)
    for flow in graph.flows:
        yield _flow(flow)


def _element(node: Node, graph: Graph) -> Iterator[str]:
    named = {"id": node.id, **({"name": node.name} if node.name else {}), **node.attributes}
    attributes = " ".join(f'{key}="{_clean(value)}"' for key, value in named.items())
    yield f"<bpmn:{node.tag} {attributes}>"
    yield _documentation(node.note)
    if node.step is not None:
        yield _extension("step", node.step)
    for flow in graph.flows:
        if flow.target == node.id:
            yield f"<bpmn:incoming>{flow.id}</bpmn:incoming>"
    for flow in sorted(graph.flows, key=lambda flow: flow.order):
        if flow.source == node.id:
            yield f"<bpmn:outgoing>{flow.id}</bpmn:outgoing>"
    yield node.body
    if node.inside is not None:
        yield from _elements(node.inside)
    yield f"</bpmn:{node.tag}>\n"


def _flow(flow: Flow) -> str:
    name = f' name="{_clean(flow.name)}"' if flow.name else ""
    condition = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{_clean(flow.condition)}</bpmn:conditionExpression>'
        if flow.condition
        else ""
    )
    ends = f'sourceRef="{flow.source}" targetRef="{flow.target}"'
    return f'<bpmn:sequenceFlow id="{flow.id}"{name} {ends}>{condition}</bpmn:sequenceFlow>\n'


def _clean(text: str) -> str:
    """A text without what XML cannot hold, escaped."""
    return escape(
        "".join(one for one in text if one in "\t\n\r" or "\x20" <= one <= "\ud7ff" or one >= "\ue000")
    )


def _documentation(text: str) -> str:
    return f"<bpmn:documentation>{_clean(text)}</bpmn:documentation>" if text else ""


def _extension(tag: str, value: Json) -> str:
    text = escape(json.dumps(value))
    return f"<bpmn:extensionElements><wf:{tag}>{text}</wf:{tag}></bpmn:extensionElements>"


def _shapes(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        more = ' isExpanded="true"' if node.inside is not None else ""
        more += ' isMarkerVisible="true"' if node.tag == "exclusiveGateway" else ""
        bounds = f'x="{node.x:g}" y="{node.y:g}" width="{node.width:g}" height="{node.height:g}"'
        yield f'<bpmndi:BPMNShape id="{node.id}-di" bpmnElement="{node.id}"{more}>'
        yield f"<dc:Bounds {bounds} />{_label(node.label)}</bpmndi:BPMNShape>\n"
        if node.inside is not None:
            yield from _shapes(node.inside)
    for flow in graph.flows:
        points = "".join(f'<di:waypoint x="{x:g}" y="{y:g}" />' for x, y in flow.points)
        yield f'<bpmndi:BPMNEdge id="{flow.id}-di" bpmnElement="{flow.id}">{points}{_label(flow.label)}</bpmndi:BPMNEdge>\n'


def _label(box: Box | None) -> str:
    if box is None:
        return ""
    left, top, width, height = box
    bounds = f'x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"'
    return f"<bpmndi:BPMNLabel><dc:Bounds {bounds} /></bpmndi:BPMNLabel>"
