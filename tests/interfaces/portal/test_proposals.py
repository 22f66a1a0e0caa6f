"""Proposals: an assistant proposes over REST, a person decides on the task's page; nothing moves by itself."""

import pytest
from django.db import connection

from apps.accounts.choices import Role
from apps.core.actor import Actor
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import Proposal, Run, UserTask
from apps.workflows.services import cancel_run, publish_version, save_draft, start_run
from tests.interfaces.api.conftest import Program, make_key

SYSTEM = Actor.system("test")
VISIT = "classify%231"
SOURCE = """
format: 1
key: advised
name: Advised
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
steps:
  - id: classify
    kind: assist
    name: Choose the tier
    purpose: Which tier fits this contract?
    input: {contract: C-1001}
    output: {type: object, required: [tier], properties: {tier: {type: string, enum: [standard, large]}}}
    approve_by: delivery_manager
    # more
  - {id: keep, kind: set, values: {tier: "= steps.classify.tier"}}
"""
OFFER = {"output": {"tier": "large"}, "confidence": 0.83, "rationale": "It is above 50,000 EUR."}


class Assistant(Program):
    """A program with a key; the test goes on in its tenant after each request, which leaves it."""

    def __init__(self, tenant, role, scopes=("*",)):
        super().__init__("alpha.localhost:8000", make_key(tenant, role, scopes, name=f"program-{role}"))
        self.schema = tenant.schema_name

    def send(self, *args, **kwargs):
        answer = super().send(*args, **kwargs)
        connection.set_schema(self.schema)  # type: ignore[attr-defined]
        return answer


@pytest.fixture
def assistant(in_alpha, office):
    return Assistant(in_alpha, Role.DELIVERY_MANAGER, ("proposals:write",))


def begin(in_alpha, source=SOURCE):
    draft = save_draft(source=source, actor=SYSTEM)
    publish_version(template_key="advised", number=draft.number, actor=SYSTEM)
    return start_run(template_key="advised", input={}, actor=SYSTEM)


def test_a_person_accepts_on_the_page_and_the_run_goes_on(in_alpha, office, assistant, manager, auditor):
    run = begin(in_alpha)
    task = UserTask.objects.get(run=run)
    here = f"/tasks/{task.id}/"
    assert "An assistant may propose an answer here" in manager.get(here).words
    made = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER)
    assert made.status_code == 201, made.json()
    assert made.json()["status"] == "proposed"
    other = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER | {"output": {"tier": "standard"}})
    assert Run.objects.get(pk=run.pk).status == "running"
    page = manager.get(here)
    assert page.has("What is proposed", "is 83 % sure", "It is above 50,000 EUR.", "Accept", "Reject")
    assert "Accept" not in auditor.get(here).words
    assert "Choose the tier" in manager.get("/").words
    manager.post(here, {"accept": made.json()["id"]})
    run.refresh_from_db()
    assert (run.status, run.state["vars"]) == ("completed", {"tier": "large"})
    assert Proposal.objects.get(pk=made.json()["id"]).status == "accepted"
    assert Proposal.objects.get(pk=other.json()["id"]).status == "withdrawn"
    late = manager.post(here, {"accept": made.json()["id"]}, follow=True)
    assert late.has("This proposal is over already: it was accepted.")
    assert AuditEntry.objects.filter(action="proposal.accept").count() == 1
    assert OutboxMessage.objects.filter(type="proposal.accepted").count() == 1


def test_a_rejection_needs_a_reason_and_leaves_the_step_waiting(in_alpha, office, assistant, manager):
    run = begin(in_alpha)
    task = UserTask.objects.get(run=run)
    here = f"/tasks/{task.id}/"
    made = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER).json()
    assert manager.post(here, {"reject": made["id"], "reason": " "}).status == 422
    manager.post(here, {"reject": made["id"], "reason": "It is a renewal."})
    assert Proposal.objects.get(pk=made["id"]).status == "rejected"
    assert manager.get(here).has("Rejected", "It is a renewal.")
    manager.post(here, {"tier": "standard"})
    run.refresh_from_db()
    assert run.state["vars"] == {"tier": "standard"}


def test_keys_propose_and_never_decide(in_alpha, office, assistant):
    run = begin(in_alpha)
    made = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER).json()
    assert assistant.post(f"proposals/{made['id']}/accept").status_code == 403
    everything = Assistant(in_alpha, Role.TENANT_ADMIN)
    assert everything.post(f"proposals/{made['id']}/accept").status_code == 403
    assert everything.post(f"proposals/{made['id']}/reject", {"reason": "x"}).status_code == 403
    assert everything.get(f"proposals?run={run.id}").json()["results"] == [
        everything.get(f"proposals/{made['id']}").json()
    ]
    reader = Assistant(in_alpha, Role.AUDITOR)
    assert reader.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER).status_code == 403


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"output": {"tier": "huge"}}, "invalid_form", "/tier"),
        ({"output": {}}, "invalid_form", ""),
        ({"confidence": 1.5}, "", "/confidence"),
    ],
)
def test_a_proposal_must_fit(in_alpha, office, assistant, changes, code, pointer):
    run = begin(in_alpha)
    refused = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER | changes)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
    if code:
        assert refused.json()["code"] == code
    assert Proposal.objects.count() == 0


def test_no_proposal_where_none_is_wanted(in_alpha, office, assistant):
    run = begin(in_alpha)
    assert assistant.post(f"runs/{run.id}/steps/keep%231/proposals", OFFER).json()["code"] == "not_asked"
    made = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER).json()
    cancel_run(run_id=run.id, actor=SYSTEM, reason="not wanted")
    assert Proposal.objects.get(pk=made["id"]).status == "withdrawn"
    assert assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER).json()["code"] == "not_asked"


def test_only_the_template_lets_a_sure_proposal_through(in_alpha, office, assistant):
    automatic = SOURCE.replace("# more", "accept: automatic\n    min_confidence: 0.9")
    run = begin(in_alpha, automatic)
    assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER)
    run.refresh_from_db()
    assert run.status == "running"
    sure = assistant.post(f"runs/{run.id}/steps/{VISIT}/proposals", OFFER | {"confidence": 0.95})
    assert sure.json()["status"] == "accepted"
    run.refresh_from_db()
    assert run.status == "completed"
