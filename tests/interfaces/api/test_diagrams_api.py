"""Templates as BPMN files over REST: read, bring in, refuse with the place."""

import pytest

from apps.workflows.models import TemplateVersion
from tenants.context import tenant_context
from tests.unit.bpmn.test_foreign import END, HEAD, START, TAIL, flow, row

pytestmark = pytest.mark.usefixtures("published")
TASK = '<bpmn:userTask id="T1" name="Look at it" />'


def diagram(*parts):
    return HEAD + "\n".join((START, *parts, END)) + TAIL


def test_a_version_goes_out_and_comes_back(program, alpha):
    answer = program.get("workflow-templates/order/versions/1/bpmn")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml"
    assert answer["Content-Disposition"] == 'attachment; filename="order-1.bpmn"'
    made = program.post("workflow-templates/import-bpmn", {"source": answer.content.decode()})
    assert made.status_code == 201, made.json()
    assert made.json()["notes"] == []
    assert made["Location"] == "/api/v1/workflow-templates/order/versions/2"
    checked = program.post("workflow-templates/check", {"source": made.json()["draft"]["source"]}).json()
    assert checked["valid"]
    with tenant_context(alpha):
        first = TemplateVersion.objects.get(template__key="order", number=1).definition
    again = program.get("workflow-templates/order/versions/2/bpmn").content
    assert again == answer.content
    assert first["key"] == "order"


def test_a_draft_is_not_overwritten_unasked(program):
    text = program.get("workflow-templates/order/versions/1/bpmn").content.decode()
    program.post("workflow-templates/import-bpmn", {"source": text})
    again = program.post("workflow-templates/import-bpmn", {"source": text})
    assert (again.status_code, again.json()["code"]) == (409, "draft_exists")
    assert (
        program.post("workflow-templates/import-bpmn", {"source": text, "replace": True}).status_code == 201
    )


def test_what_could_not_be_read_is_listed(program):
    script = '<bpmn:scriptTask id="S1" name="Compute" />'
    made = program.post("workflow-templates/import-bpmn", {"source": diagram(script, TASK, *row("S1", "T1"))})
    assert made.status_code == 201
    assert [(note["element"], note["code"]) for note in made.json()["notes"]] == [
        ("S1", "script"),
        ("T1", "assignee"),
    ]
    assert made.json()["draft"]["template"] == "onboard-a-customer"


def test_ways_without_blocks_are_refused_with_the_place(program):
    loops = [flow(1, "StartEvent_1", "T1"), flow(2, "T1", "Event_end"), flow(3, "T1", "T1")]
    answer = program.post("workflow-templates/import-bpmn", {"source": diagram(TASK, *loops)})
    assert (answer.status_code, answer.json()["code"]) == (422, "bpmn_refused")
    assert answer.json()["errors"][0]["pointer"] == "/T1"
    assert answer.json()["errors"][0]["line"] > 0
    assert program.post("workflow-templates/import-bpmn", {"source": "<a/>"}).status_code == 422


def test_only_authors_bring_diagrams_in(auditor):
    assert auditor.get("workflow-templates/order/versions/1/bpmn").status_code == 200
    assert (
        auditor.post("workflow-templates/import-bpmn", {"source": diagram(TASK, *row("T1"))}).status_code
        == 403
    )
