"""Simulations on their page: begun, answered by clicks, moved in time, taken back, kept as a test case."""

import json
from html import unescape

from apps.core.actor import Actor
from apps.workflows.models import Run, Scenario, TemplateVersion
from apps.workflows.services import save_draft

SYSTEM = Actor.system("test")
PAGE = "/templates/small/simulate/"
SOURCE = """
format: 1
key: small
name: Small thing
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification:
  {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  - {id: approve, kind: approval, name: Approve it, policy: staffing-approval, due: P1D, show: {n: "= input.n"}}
  - id: ask
    kind: user_task
    name: Ask them
    assignee: {role: delivery_manager}
    form: {type: object, required: [why], properties: {why: {type: string}}}
  - {id: make, kind: action, name: Make it, connection: internal, operation: delivery.start_project}
  - {id: told, kind: wait, name: Wait for it, event: {type: milestone.accepted, match: "event.data.n == input.n"}}
  - {id: done, kind: end, outcome: completed}
"""


def begin(admin, text='{"n": 3}'):
    save_draft(source=SOURCE, actor=SYSTEM)
    page = admin.post(PAGE, {"version": "1", "input": text})
    assert page.status == 303, page.words
    return page.to


def send(admin, here, after, command, **values):
    return admin.post(here, {"after": str(after), "command": command, **values})


def test_a_run_is_played_to_its_end_and_kept_as_a_test_case(office, admin):
    before = Run.objects.count()
    here = begin(admin)
    assert admin.get(here).has("The run waits at “Approve it”", "Approve", "Reject", "next, in", "A decision")
    assert send(admin, here, 0, "clock", by="P2D").status == 303
    assert admin.get(here).has("passed its due date", "2 d since the run began")
    assert send(admin, here, 1, "approved", visit="approve#1").status == 303
    assert admin.get(here).has("The run waits at “Ask them”", "Why")
    refused = send(admin, here, 2, "fill", visit="ask#1", why="")
    assert refused.status == 422
    assert refused.has("This field is required")
    assert send(admin, here, 2, "fill", visit="ask#1", why="because").status == 303
    assert send(admin, here, 3, "fail", visit="make#1", code="boom").status == 303
    assert admin.get(here).has("“Make it” needs a person", "It failed with boom.")
    assert send(admin, here, 4, "retry", visit="make#1").status == 303
    assert send(admin, here, 5, "answer", visit="make#1", output='{"id": 7}').status == 303
    page = admin.get(here)
    assert page.has("The run waits at “Wait for it”", "Data of milestone.accepted", "It happens now")
    assert send(admin, here, 6, "event", type="milestone.accepted", data='{"n": 3}').status == 303
    assert admin.get(here).has("The run ended: completed", "It is over")
    assert send(admin, here, 7, "keep", name="By hand").status == 303
    assert "By hand" in TemplateVersion.objects.get(template__key="small").tests
    assert admin.get("/templates/small/tests/").has("The test is green", "By hand")
    assert Run.objects.count() == before


def test_moves_are_taken_back_and_never_made_twice(office, admin):
    here = begin(admin)
    assert send(admin, here, 0, "approved", visit="approve#1").status == 303
    late = send(admin, here, 0, "rejected", visit="approve#1")
    assert late.status == 303
    assert admin.get(here).has("Ask them")
    assert len(Scenario.objects.get().moves) == 1
    assert send(admin, here, 1, "undo").status == 303
    assert admin.get(here).has("The run waits at “Approve it”")
    wrong = send(admin, here, 0, "answer", visit="ask#1", output="{")
    assert wrong.status == 422
    assert wrong.has("Nothing was done", "This is not JSON")
    assert send(admin, here, 0, "nonsense").status == 422
    assert send(admin, here, 0, "cancel").status == 303
    assert admin.get(here).has("The run ended: cancelled")


def test_a_simulation_is_shared_by_its_name_and_address(office, admin, auditor):
    here = begin(admin)
    assert send(admin, here, 0, "name", name="The usual").status == 303
    assert auditor.get(PAGE).has("Kept simulations", "The usual", "Authors of templates begin simulations")
    page = auditor.get(here)
    assert page.status == 200
    assert "It happens now" not in page.html
    assert auditor.post(here, {"command": "undo"}).status == 403
    assert admin.get("/templates/contract-to-project/simulate/" + here.split("/")[-2] + "/").status == 404
    assert admin.cost(here) <= 10


def test_what_cannot_begin_is_said(office, admin):
    save_draft(source=SOURCE, actor=SYSTEM)
    page = admin.post(PAGE, {"version": "1", "input": '{"n": "x"}'})
    assert page.status == 422
    assert page.has("It did not begin", "The input does not fit")
    assert admin.post(PAGE, {"version": "1", "input": "{"}).status == 422
    assert json.loads(_text(admin.get(PAGE, **{"as": "json"}).html)) == {"n": 1}
    save_draft(source=SOURCE.replace("kind: end", "kind: ende"), actor=SYSTEM)
    assert admin.get(PAGE).has("It cannot be simulated")


WIDE = SOURCE.replace(
    "input: {type: object, required: [n], properties: {n: {type: integer}}}",
    "input: {type: object, required: [n, version], properties: {n: {type: integer, minimum: 2},"
    " version: {type: string, title: Edition, pattern: '^v'}, urgent: {type: boolean}}}",
)


def test_the_input_is_asked_for_by_a_form(office, admin):
    save_draft(source=WIDE, actor=SYSTEM)
    page = admin.get(PAGE)
    assert page.has("Form", "JSON", "Edition", "Urgent")
    assert "<textarea" not in page.html
    sent = {"version": "1", "as": "form", "input-n": "3", "input-version": "second", "input-urgent": "on"}
    refused = admin.post(PAGE, sent)
    assert refused.status == 422
    assert 'value="second"' in refused.html
    assert "id_input-version_error" in refused.html
    missing = admin.post(PAGE, {**sent, "input-n": ""})
    assert missing.status == 422
    assert missing.has("This field is required")
    begun = admin.post(PAGE, {**sent, "input-version": "v2"})
    assert begun.status == 303
    assert Scenario.objects.get().begin == {"input": {"n": 3, "version": "v2", "urgent": True}}
    assert admin.cost(PAGE) <= 10


def test_the_input_of_a_past_run_is_taken_over(office, run, admin):
    page = admin.get("/templates/contract-to-project/simulate/", run=str(run.id))
    assert f"run={run.id}&amp;as=json" in page.html
    text = admin.get("/templates/contract-to-project/simulate/", run=str(run.id), **{"as": "json"})
    assert json.loads(unescape(_text(text.html))) == run.start["input"]


def test_what_the_form_has_no_field_for_opens_as_json(office, admin):
    save_draft(source=SOURCE.replace("required: [n]", "required: [n, more]"), actor=SYSTEM)
    assert "<textarea" in admin.get(PAGE).html


def test_the_draft_may_change_under_a_simulation(office, admin):
    here = begin(admin)
    send(admin, here, 0, "approved", visit="approve#1")
    save_draft(source=SOURCE.replace("id: approve", "id: agree"), actor=SYSTEM)
    page = admin.get(here)
    assert page.has("The simulation does not fit any more", "Take the latest move back")
    assert send(admin, here, 1, "undo").status == 303
    assert admin.get(here).has("The run waits at “Approve it”")


def _text(html):
    return html.split('name="input"', 1)[1].split(">", 1)[1].split("</textarea>")[0].replace("&quot;", '"')
