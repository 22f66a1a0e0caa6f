"""The step `notify` in a run."""

import pytest

from apps.core.actor import Actor
from apps.messaging.models import Message
from apps.workflows.models import ExceptionCase, Run
from apps.workflows.services import publish_version, retry_step, save_draft, start_run
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
SOURCE = """
format: 1
key: hello
name: Hello
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [contacts], properties: {contacts: {type: array}, project: {type: object}}}
steps:
  - id: welcome
    kind: notify
    name: Welcome
    message: customer-welcome
    to: "= input.contacts"
    data: {project: "= input.project"}
  - {id: done, kind: end, outcome: completed}
"""


@pytest.fixture
def template(in_alpha: TenantRef) -> None:
    draft = save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key="hello", number=draft.number, actor=SYSTEM)


def start(contacts: object, project: object) -> Run:
    return start_run(template_key="hello", input={"contacts": contacts, "project": project}, actor=SYSTEM)


def test_contacts_are_mailed_and_the_run_goes_on(template: None) -> None:
    run = start(
        [{"name": "Ada", "email": "ada@c.example"}, {"name": "Bo", "email": "bo@c.example"}],
        {"id": "7", "name": "ERP"},
    )
    assert run.status == "completed"
    messages = Message.objects.order_by("to_email")
    assert [(message.to_name, message.run_id, message.status) for message in messages] == [
        ("Ada", run.id, "queued"),
        ("Bo", run.id, "queued"),
    ]
    assert set(run.state["outputs"]["welcome"]["messages"]) == {str(message.id) for message in messages}


@pytest.mark.parametrize(
    ("contacts", "project", "code"),
    [
        ([], {"id": "7", "name": "ERP"}, "invalid_recipient"),
        (
            [{"name": "Ada", "email": "ada@c.example"}, {"email": "nobody"}],
            {"id": "7", "name": "ERP"},
            "invalid_recipient",
        ),
        ([{"name": "Ada", "email": "ada@c.example"}], {}, "message_incomplete"),
    ],
)
def test_a_message_that_cannot_be_made_is_an_exception_and_nothing_is_sent(
    template: None, contacts: object, project: object, code: str
) -> None:
    run = start(contacts, project)
    case = ExceptionCase.objects.get(run=run)
    assert (case.code, Message.objects.count()) == (code, 0)
    repaired = {"to": "ada@c.example", "data": {"project": {"id": "7", "name": "ERP"}}}
    retry_step(run_id=run.id, visit=case.visit, actor=SYSTEM, reason="repaired", input_override=repaired)
    assert Run.objects.get(pk=run.pk).status == "completed"
    assert Message.objects.get().to_email == "ada@c.example"
