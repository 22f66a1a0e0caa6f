"""The main job through the real engine, dispatcher, connectors and systems of record, step by step."""

import pytest

from apps.delivery.models import (
    BillingReadiness,
    Deal,
    DocumentRequirement,
    Milestone,
    Project,
    StaffingRequest,
)
from apps.delivery.services.documents import upload_document
from apps.delivery.services.milestones import accept_milestone, complete_milestone
from apps.ledger.models import OutboxMessage
from apps.messaging.models import Message
from apps.workflows.models import ExceptionCase, Run, StepRun, UserTask
from apps.workflows.services import complete_user_task, retry_step, roll_back_run
from tests.integration.delivery.conftest import Office
from tests.integration.delivery.contracts import PDF, contact_actor, contract, in_days


def book_time(office: Office, project: Project, *, status: str = "approved") -> str:
    body = {"person": "Chiara Conti", "hours": "6", "status": status}
    entry = office.systems.call(
        "POST", f"/psa/projects/{project.psa_id}/time-entries", body, key=f"t{project.id}"
    )
    assert entry.status_code == 201
    return str(entry.json()["id"])


def kickoff_accepted(office: Office, project: Project) -> Milestone:
    kickoff = project.milestones.get(sequence=1)
    complete_milestone(milestone_id=kickoff.id, actor=office.manager)
    office.drain()
    accept_milestone(milestone_id=kickoff.id, actor=contact_actor())
    office.drain()
    kickoff.refresh_from_db()
    return kickoff


def open_steps(run: Run) -> set[str]:
    return set(StepRun.objects.filter(run=run, ended_at=None).values_list("step", flat=True)) - {
        "prepare",
        "set_up",
    }


def effects(office: Office) -> list[str]:
    return sorted(
        line["operation"] for line in office.systems.effects() if line["operation"] != "put_purchase_order"
    )


def test_from_signature_to_invoice(office: Office):
    run = office.sign(contract(without=("security_annex",)))
    deal = Deal.objects.get()
    assert (deal.run_id, deal.tier, str(deal.manager_id)) == (run.id, "enhanced", office.manager.id)
    assert open_steps(run) == {"documents", "approval"}
    case = ExceptionCase.objects.get(run=run, status="open")
    assert (case.owner_role, case.audience) == ("delivery_manager", "customer")
    assert case.message == "Security annex is missing."
    assert Message.objects.get(key="document-needed").to_email == "ada@nordwind.example"

    # Above 50,000: the resource manager of the region, then the delivery director.
    office.approve(run, office.resource_manager, office.director)
    project = Project.objects.get()
    assert (project.status, project.psa_id, project.customer.erp_id) == ("active", "PRJ-000001", "CUS-000001")
    assert StaffingRequest.objects.get().status == "approved"
    assert effects(office) == ["create_customer", "create_project"]
    assert Message.objects.get(key="customer-welcome").to_email == "ada@nordwind.example"
    assert [str(item.amount) for item in project.milestones.order_by("sequence")] == [
        "24000.00",
        "36000.00",
        "60000.00",
    ]

    # The missing document clears the exception.
    annex = DocumentRequirement.objects.get(kind="security_annex")
    upload_document(requirement_id=annex.id, actor=contact_actor(), name="annex.pdf", content=PDF)
    office.drain()
    case.refresh_from_db()
    assert case.status == "resolved"
    assert open_steps(run) == {"first_completed"}

    book_time(office, project)
    kickoff = kickoff_accepted(office, project)
    assert kickoff.status == "invoiced"
    readiness = BillingReadiness.objects.get(milestone=kickoff)
    assert (readiness.status, readiness.invoice_id) == ("invoiced", "INV-000001")
    assert {item["id"]: item["passed"] for item in readiness.predicates} == {
        "accepted": True,
        "time_approved": True,
        "purchase_order_valid": True,
        "customer_known_to_erp": True,
    }
    run = office.refresh(run)
    assert (run.status, run.outcome) == ("completed", "completed")
    assert effects(office) == ["create_customer", "create_invoice", "create_project", "create_time_entry"]
    assert OutboxMessage.objects.filter(type="billing.ready").count() == 1
    mails = Message.objects.filter(key__in=("milestone-acceptance", "acceptance-thanks"))
    assert sorted(mails.values_list("key", flat=True)) == ["acceptance-thanks", "milestone-acceptance"]
    assert not ExceptionCase.objects.filter(status="open").exists()


def test_every_later_milestone_is_billed_too(office: Office):
    run = office.sign(contract(amount={"amount": "30000.00", "currency": "EUR"}))
    office.approve(run, office.resource_manager)
    project = Project.objects.get()
    assert project.tier == "standard"
    book_time(office, project)
    kickoff_accepted(office, project)
    for _ in range(2):
        milestone = project.milestones.get(status="active")
        complete_milestone(milestone_id=milestone.id, actor=office.manager)
        office.drain()
        accept_milestone(milestone_id=milestone.id, actor=contact_actor())
        office.drain()
    assert set(project.milestones.values_list("status", flat=True)) == {"invoiced"}
    project.refresh_from_db()
    assert project.status == "completed"
    assert effects(office).count("create_invoice") == 3


def test_what_keeps_it_from_being_billed_is_explained_and_asked_again(office: Office):
    run = office.sign(contract(purchase_order={"number": "PO-404", "valid_until": None}))
    office.approve(run, office.resource_manager, office.director)
    project = Project.objects.get()
    entry = book_time(office, project, status="submitted")
    kickoff = kickoff_accepted(office, project)
    assert kickoff.status == "accepted"
    readiness = BillingReadiness.objects.get(milestone=kickoff)
    words = {item["id"]: item["explanation"] for item in readiness.predicates if not item["passed"]}
    assert words == {
        "time_approved": "1 time entry waits for approval in the PSA.",
        "purchase_order_valid": "The ERP has no open purchase order PO-404.",
    }
    assert OutboxMessage.objects.filter(type="billing.blocked").count() == 1
    task = UserTask.objects.get(status="open")
    assert task.assignee_role == "finance"

    assert office.systems.call("POST", f"/psa/time-entries/{entry}/approve").status_code == 200
    assert (
        office.systems.call("PUT", "/erp/purchase-orders/PO-404", {"valid_until": "2099-01-01"}).status_code
        == 201
    )
    complete_user_task(task_id=task.id, output={"note": "entered"}, actor=office.finance)
    office.drain()
    kickoff.refresh_from_db()
    assert kickoff.status == "invoiced"
    assert office.refresh(run).status == "completed"


def test_rejected_revised_and_approved(office: Office):
    run = office.sign(contract())
    office.approve(run, office.resource_manager, outcome="rejected", comment="Nobody is free before May")
    first = StaffingRequest.objects.get()
    assert (first.status, first.comment) == ("rejected", "Nobody is free before May")
    task = UserTask.objects.get(status="open")
    output = {"decision": "request_again", "note": "May is fine"}
    complete_user_task(task_id=task.id, output=output, actor=office.manager)
    office.approve(run, office.resource_manager, office.director)
    assert list(StaffingRequest.objects.order_by("id").values_list("status", "note")) == [
        ("rejected", ""),
        ("approved", "May is fine"),
    ]
    assert Project.objects.get().status == "active"


def test_rejected_and_declined(office: Office):
    run = office.sign(contract(without=("security_annex",)))
    office.approve(run, office.resource_manager, outcome="rejected", comment="No")
    task = UserTask.objects.get(status="open")
    complete_user_task(task_id=task.id, output={"decision": "decline_contract"}, actor=office.manager)
    office.drain()
    run = office.refresh(run)
    assert (run.status, run.outcome) == ("completed", "declined")
    assert (Deal.objects.get().status, Project.objects.get().status) == ("rejected", "cancelled")
    assert not ExceptionCase.objects.filter(status="open").exists()
    assert effects(office) == []


REFUSAL = {"error": {"code": "invalid_field", "field": "region", "message": "Region EU is not a PSA region."}}


def stuck_in_psa(office: Office) -> tuple[Run, ExceptionCase]:
    """A PSA that answers 503 twice and then 422."""
    office.systems.misbehave(
        "create_project", {"status": 503, "times": 2}, {"status": 422, "times": 1, "body": REFUSAL}
    )
    run = office.sign(contract())
    office.approve(run, office.resource_manager, office.director)
    office.drain(until=30)
    return run, ExceptionCase.objects.get(run=run, status="open")


def test_retries_then_an_exception_then_edit_and_retry(office: Office):
    run, case = stuck_in_psa(office)
    assert case.visit == "psa_project#1"
    assert "Region EU is not a PSA region." in case.message
    assert case.payload is not None
    assert case.payload["region"] == "EU"
    changed = {**case.payload, "region": "Europe"}
    retry_step(
        run_id=run.id, visit=case.visit, actor=office.manager, reason="renamed", input_override=changed
    )
    office.drain()
    assert Project.objects.get().status == "active"
    created = office.systems.call("GET", "/psa/projects").json()["results"]
    assert [(row["region"], row["external_id"]) for row in created] == [
        ("Europe", str(Project.objects.get().id))
    ]


def test_rolled_back_everywhere(office: Office):
    run, _case = stuck_in_psa(office)
    assert effects(office) == ["create_customer"]
    roll_back_run(run_id=run.id, actor=office.manager, reason="Signed by mistake")
    office.drain()
    assert office.refresh(run).status == "rolled_back"
    assert effects(office) == ["create_customer", "deactivate_customer"]
    project = Project.objects.get()
    assert (project.status, project.deal.status, project.customer.erp_id) == ("cancelled", "cancelled", "")
    assert set(project.milestones.values_list("status", flat=True)) == {"cancelled"}

    # The same contract signed once more begins again.
    again = office.sign(contract())
    assert again.id != run.id
    office.approve(again, office.resource_manager, office.director)
    assert Project.objects.get().status == "active"


@pytest.mark.parametrize("kind", ["security_annex", "purchase_order"])
def test_an_expired_document_is_renewed(office: Office, kind: str):
    data = contract()
    for document in data["documents"]:
        document["valid_until"] = in_days(-1).isoformat() if document["kind"] == kind else None
    run = office.sign(data)
    case = ExceptionCase.objects.get(run=run, status="open")
    assert "is no longer valid" in case.message
    requirement = DocumentRequirement.objects.get(kind=kind)
    upload_document(
        requirement_id=requirement.id,
        actor=contact_actor(),
        name="n.pdf",
        content=PDF,
        valid_until=in_days(30),
    )
    office.drain()
    case.refresh_from_db()
    assert case.status == "resolved"
