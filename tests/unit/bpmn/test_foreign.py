"""Diagrams as a modeler writes them: what becomes of each element, and what could not be read, with its line."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from apps.workflows.bpmn.importing import Imported, import_bpmn
from apps.workflows.engine.parse import parse_template

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:message id="Message_1" name="document.received" />
  <bpmn:process id="Process_0kx" name="Onboard a customer" isExecutable="true">
"""
TAIL = "  </bpmn:process>\n</bpmn:definitions>\n"
START, END = '<bpmn:startEvent id="StartEvent_1" />', '<bpmn:endEvent id="Event_end" />'


def flow(number: int, source: str, target: str, inner: str = "", **more: str) -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="Flow_{number}" {ends}{attributes}>{inner}</bpmn:sequenceFlow>'


def condition(text: str) -> str:
    return f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>'


def read(*parts: str) -> Imported:
    return import_bpmn(HEAD + "\n".join(parts) + "\n" + TAIL)


def row(*keys: str) -> list[str]:
    places = ["StartEvent_1", *keys, "Event_end"]
    return [flow(n, a, b) for n, (a, b) in enumerate(itertools.pairwise(places), 1)]


def steps(found: Imported) -> list[dict[str, Any]]:
    assert found.source is not None, found.notes
    parsed = parse_template(found.source)
    assert [one.message for one in parsed.report.problems if one.severity == "error"] == []
    return list(found.source["steps"])


def codes(found: Imported) -> list[str]:
    return [note.code for note in found.notes]


def test_tasks_in_a_row() -> None:
    found = read(
        START,
        '<bpmn:userTask id="Activity_1" name="Check the papers" camunda:candidateGroups="finance,office" />',
        '<bpmn:serviceTask id="Activity_2" name="Create the account" />',
        '<bpmn:businessRuleTask id="Activity_3" name="Choose the tier" />',
        '<bpmn:sendTask id="Activity_4" name="Say hello" />',
        '<bpmn:receiveTask id="Activity_5" name="Papers arrive" messageRef="Message_1" />',
        '<bpmn:callActivity id="Activity_6" name="Bill" calledElement="Milestone_Billing" />',
        END,
        *row(*(f"Activity_{n}" for n in range(1, 7))),
    )
    made = steps(found)
    assert [step["kind"] for step in made] == ["user_task", "action", "decision", "notify", "wait", "subflow"]
    assert made[0] == {
        "id": "activity_1",
        "kind": "user_task",
        "name": "Check the papers",
        "assignee": {"role": "finance"},
    }
    assert made[4]["event"] == {"type": "document.received"}
    assert made[5]["template"] == "milestone-billing"
    assert codes(found) == ["operation", "rules", "message", "event"]
    assert found.source is not None
    assert (found.source["key"], found.source["name"]) == ("onboard-a-customer", "Onboard a customer")


def test_an_exclusive_gateway() -> None:
    found = read(
        START,
        '<bpmn:exclusiveGateway id="G1" name="Large?" default="Flow_3" />',
        '<bpmn:userTask id="T1" camunda:assignee="ada" />',
        '<bpmn:exclusiveGateway id="G2" />',
        END,
        flow(1, "StartEvent_1", "G1"),
        flow(2, "G1", "T1", condition("${input.amount &gt; 5}"), name="yes"),
        flow(3, "G1", "G2"),
        flow(4, "T1", "G2"),
        flow(5, "G2", "Event_end"),
    )
    case = {"when": "input.amount > 5", "label": "yes"}
    task = {"id": "t1", "kind": "user_task", "assignee": {"user": "ada"}}
    assert steps(found) == [
        {
            "id": "g1",
            "kind": "choice",
            "name": "Large?",
            "cases": [{**case, "steps": [task]}],
            "otherwise": [],
        }
    ]
    assert codes(found) == ["condition_check"]


def test_a_parallel_gateway_and_a_way_that_ends() -> None:
    found = read(
        START,
        '<bpmn:parallelGateway id="G1" />',
        '<bpmn:userTask id="T1" camunda:assignee="a" />',
        '<bpmn:userTask id="T2" camunda:assignee="b" />',
        '<bpmn:parallelGateway id="G2" />',
        '<bpmn:endEvent id="Event_end"><bpmn:terminateEventDefinition /></bpmn:endEvent>',
        flow(1, "StartEvent_1", "G1"),
        flow(2, "G1", "T1"),
        flow(3, "G1", "T2"),
        flow(4, "T1", "G2"),
        flow(5, "T2", "G2"),
        flow(6, "G2", "Event_end"),
    )
    made = steps(found)
    assert [[step["id"] for step in branch] for branch in made[0]["branches"]] == [["t1"], ["t2"]]
    assert made[1] == {"id": "event_end", "kind": "end"}


def test_timers_and_boundary_events() -> None:
    duration = (
        "<bpmn:timerEventDefinition><bpmn:timeDuration>PT4H</bpmn:timeDuration></bpmn:timerEventDefinition>"
    )
    found = read(
        START,
        f'<bpmn:intermediateCatchEvent id="W1">{duration}</bpmn:intermediateCatchEvent>',
        '<bpmn:userTask id="T1" camunda:assignee="a" />',
        f'<bpmn:boundaryEvent id="B1" attachedToRef="T1">{duration}</bpmn:boundaryEvent>',
        '<bpmn:userTask id="T2" camunda:assignee="b" />',
        '<bpmn:exclusiveGateway id="M1" />',
        END,
        flow(1, "StartEvent_1", "W1"),
        flow(2, "W1", "T1"),
        flow(3, "T1", "M1"),
        flow(4, "B1", "T2"),
        flow(5, "T2", "M1"),
        flow(6, "M1", "Event_end"),
    )
    made = steps(found)
    assert made[0] == {"id": "w1", "kind": "wait", "for": "PT4H"}
    assert made[1]["timeout"]["after"] == "PT4H"
    assert [step["id"] for step in made[1]["timeout"]["then"]] == ["t2"]
    assert codes(found) == []


def test_a_task_for_every_item() -> None:
    many = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="papers" camunda:elementVariable="paper" />'
    found = read(
        START, f'<bpmn:userTask id="T1" camunda:assignee="a">{many}</bpmn:userTask>', END, *row("T1")
    )
    made = steps(found)
    assert (made[0]["kind"], made[0]["items"], made[0]["as"]) == ("for_each", "input.papers", "paper")
    assert made[0]["mode"] == "parallel"
    assert codes(found) == ["items"]


def test_what_is_not_read_is_said_with_its_line() -> None:
    found = read(
        START,
        '<bpmn:scriptTask id="S1" name="Compute" />',
        '<bpmn:userTask id="T1" camunda:assignee="a" />',
        '<bpmn:userTask id="Lost" camunda:assignee="a" />',
        END,
        *row("S1", "T1"),
    )
    assert [step["id"] for step in steps(found)] == ["t1"]
    assert [(note.element, note.code, note.line, note.severity) for note in found.notes] == [
        ("S1", "script", 7, "error"),
        ("Lost", "unreached", 9, "error"),
    ]
    assert all(note.remedy for note in found.notes)


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        (
            [
                '<bpmn:exclusiveGateway id="G1" />',
                '<bpmn:parallelGateway id="G2" />',
                flow(1, "StartEvent_1", "G1"),
                flow(2, "G1", "G2"),
                flow(3, "G1", "G2"),
                flow(4, "G2", "Event_end"),
            ],
            "G2",
        ),
        (
            [
                '<bpmn:exclusiveGateway id="G0" />',
                '<bpmn:userTask id="T1" camunda:assignee="a" />',
                '<bpmn:exclusiveGateway id="G1" default="Flow_4" />',
                flow(1, "StartEvent_1", "G0"),
                flow(2, "G0", "T1"),
                flow(3, "T1", "G1"),
                flow(4, "G1", "Event_end"),
                flow(5, "G1", "G0", condition("false")),
            ],
            "G0",
        ),
        (
            [
                '<bpmn:userTask id="T1" camunda:assignee="a" />',
                flow(1, "StartEvent_1", "T1"),
                flow(2, "T1", "Event_end"),
                flow(3, "T1", "Event_end"),
            ],
            "T1",
        ),
    ],
)
def test_ways_without_blocks_are_refused_with_the_place(parts: list[str], where: str) -> None:
    found = read(START, *parts, END)
    assert found.source is None
    assert [(note.code, note.element) for note in found.notes] == [("unstructured", where)]
    assert found.notes[0].line > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * 100,
        "<?xml version='1.0'?><a>" + "<b/>" * 30_000 + "</a>",
        HEAD + TAIL,
        HEAD,
    ],
)
def test_what_is_no_diagram_is_refused(text: str) -> None:
    found = import_bpmn(text)
    assert found.source is None
    assert [note.severity for note in found.notes] == ["error"]
