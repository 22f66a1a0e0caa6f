"""One approval: why me, the evidence, what follows, and a decision that is taken once."""

from apps.approvals.models import ApprovalRequest, Decision
from apps.delivery.models import DocumentRequirement
from apps.delivery.services.documents import upload_document
from apps.workflows.models import UserTask
from tests.integration.delivery.contracts import PDF, another_customer, contact_actor


def request_of(run):
    return ApprovalRequest.objects.get(run=run, status="open")


def decision(request, outcome="approved", comment="", show_hash=None):
    return {
        "outcome": outcome,
        "comment": comment,
        "show_hash": request.show_hash if show_hash is None else show_hash,
    }


def test_the_page_holds_what_why_and_the_evidence(office, run, resource_manager):
    page = resource_manager.get(f"/approvals/{request_of(run).id}/")
    assert page.status == 200
    assert page.has(
        "Approve the team: Nordwind ERP rollout C-1001",
        "at stake 120,000.00 EUR",
        "Asked by Delivery Manager.",
        "due in 1 d 23 h",
        "You are asked because you are resource manager for EU.",
        "If you approve Then the delivery director is asked.",
        "If you reject The run goes back to “Record that the staffing was rejected”",
        "1 × project manager, 1 × solution architect, 2 × consultant",
        "Security annex Nothing has come in yet. Missing",
        "needs a person: Security annex is missing.",
        "This is the first request of its kind.",
        "not yet asked Delivery Director",
    )
    assert resource_manager.cost(f"/approvals/{request_of(run).id}/") <= 18


def test_looking_changes_nothing(office, run, resource_manager):
    request = request_of(run)
    for _ in range(2):
        resource_manager.get(f"/approvals/{request.id}/", outcome="approved")
    assert not Decision.objects.exists()


def test_a_document_opens_from_the_evidence(office, run, resource_manager):
    annex = DocumentRequirement.objects.get(kind="security_annex")
    document = upload_document(requirement_id=annex.id, actor=contact_actor(), name="annex.pdf", content=PDF)
    page = resource_manager.get(f"/approvals/{request_of(run).id}/")
    assert f'href="/documents/{document.id}/"' in page.html
    answer = resource_manager.get(f"/documents/{document.id}/").response
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="annex.pdf"'


def test_others_see_why_they_are_not_asked(office, run, manager, director):
    page = manager.get(f"/approvals/{request_of(run).id}/")
    assert page.has("You asked for this yourself, so others decide it.")
    assert 'name="outcome"' not in page.html
    assert director.get(f"/approvals/{request_of(run).id}/").has("This waits for Resource Manager.")


def test_approve_and_the_second_click(office, run, resource_manager, director):
    request = request_of(run)
    here = f"/approvals/{request.id}/"
    for _ in range(2):
        page = resource_manager.post(here, decision(request, comment="Free from May"))
        assert (page.status, page.to) == (303, here)
    assert resource_manager.get(here).has(
        "You approved this.", "You have decided your part", "“Free from May”".strip("“”")
    )
    assert Decision.objects.count() == 1
    page = director.post(here, decision(request))
    assert page.status == 303
    office.drain()
    request.refresh_from_db()
    assert request.status == "approved"
    assert director.get(here).has("Resource Manager and Delivery Director approved it.")


def test_a_late_decision_is_told_who_was_first(office, run, resource_manager, director):
    request = request_of(run)
    resource_manager.post(f"/approvals/{request.id}/", decision(request, "rejected", "Nobody is free"))
    page = director.post(f"/approvals/{request.id}/", decision(request))
    assert page.status == 409
    assert page.has("Your decision was not taken", "Resource Manager", "Rejected", "Nobody is free")


def test_an_outdated_view_is_not_decided(office, run, resource_manager):
    request = request_of(run)
    page = resource_manager.post(f"/approvals/{request.id}/", decision(request, show_hash="0" * 64))
    assert page.status == 409
    assert page.has("Your decision was not taken", "has changed since you opened it")
    assert not Decision.objects.exists()


def test_who_may_not_decide_is_told_why(office, run, manager):
    request = request_of(run)
    page = manager.post(f"/approvals/{request.id}/", decision(request))
    assert page.status == 403
    assert page.has("You asked for this, so somebody else has to decide it.")


def test_a_rejection_needs_a_reason_beside_the_field(office, run, resource_manager):
    request = request_of(run)
    page = resource_manager.post(f"/approvals/{request.id}/", decision(request, "rejected", "  "))
    assert page.status == 422
    assert page.has("Say why you reject it")
    assert 'aria-invalid="true"' in page.html
    assert not Decision.objects.exists()


def test_nonsense_is_no_decision(office, run, resource_manager):
    request = request_of(run)
    page = resource_manager.post(f"/approvals/{request.id}/", decision(request, "perhaps"))
    assert page.status == 422
    assert page.has("Choose to approve or to reject.")


def test_after_rework_the_page_says_what_changed_and_what_was_decided_before(
    office, run, resource_manager, manager
):
    first = request_of(run)
    resource_manager.post(f"/approvals/{first.id}/", decision(first, "rejected", "Too many consultants"))
    office.drain()
    task = UserTask.objects.get(run=run, status="open")
    manager.post(f"/tasks/{task.id}/", {"decision": "request_again", "note": "One consultant less"})
    office.drain()
    second = request_of(run)
    assert second.id != first.id
    page = resource_manager.get(f"/approvals/{second.id}/")
    assert page.has(
        "What changed since it was asked last time Resource Manager rejected",
        "Too many consultants What was asked then",
        "Note — One consultant less",
        "“Too many consultants”",
    )
    ApprovalRequest.objects.filter(pk=first.pk).update(show=second.show)
    assert resource_manager.get(f"/approvals/{second.id}/").has("Nothing of what is shown has changed since.")


def test_the_number_of_queries_does_not_grow_with_the_past(office, run, resource_manager):
    before = resource_manager.cost(f"/approvals/{request_of(run).id}/")
    for number in range(3):
        other = office.sign(another_customer(f"C-40{number}"))
        office.approve(other, office.resource_manager, office.director)
    page = resource_manager.get(f"/approvals/{request_of(run).id}/")
    assert page.has("Resource Manager approved; Delivery Director approved")
    assert resource_manager.cost(f"/approvals/{request_of(run).id}/") <= before + 1


def test_approve_under_conditions(office, run, resource_manager, director):
    request = request_of(run)
    here = f"/approvals/{request.id}/"
    assert resource_manager.get(here).has("Approve under conditions", "Ask for changes", "Abstain")
    form = decision(request) | {
        "conditions": "Start in May\n\nTell the customer ",
        "condition_role": "delivery_manager",
    }
    assert resource_manager.post(here, form).status == 303
    assert director.get(here).has("Condition: Start in May", "Condition: Tell the customer")
    director.post(here, decision(request))
    page = director.get(here)
    assert page.has("Approved", "Conditions", "Start in May", "Tell the customer")
    task = UserTask.objects.get(title="Condition: Start in May")
    assert f"/tasks/{task.id}/" in page.html
    assert task.assignee_role == "delivery_manager"


def test_ask_for_changes_with_remarks(office, run, resource_manager):
    request = request_of(run)
    here = f"/approvals/{request.id}/"
    nothing = resource_manager.post(here, decision(request, "changes_requested"))
    assert nothing.status == 422
    assert nothing.has("Say what has to change")
    form = decision(request, "changes_requested") | {
        "remark-team": "One consultant is enough",
        "remark-tier": "",
    }
    assert resource_manager.post(here, form).status == 303
    page = resource_manager.get(here)
    assert page.has(
        "Sent back for changes", "Resource Manager asked for changes to it.", "Team: One consultant is enough"
    )
    assert Decision.objects.get().remarks == {"team": "One consultant is enough"}


def test_values_that_may_be_corrected(office, run, resource_manager):
    request = request_of(run)
    ApprovalRequest.objects.filter(pk=request.pk).update(editable=["region", "amount"])
    here = f"/approvals/{request.id}/"
    page = resource_manager.get(here)
    assert 'name="correct-region"' in page.html
    assert 'name="correct-amount"' in page.html
    form = decision(request) | {"correct-region": "EU", "correct-amount": "nonsense"}
    refused = resource_manager.post(here, form)
    assert refused.status == 422
    assert 'value="nonsense"' in refused.html
    assert not Decision.objects.exists()


def test_enter_in_a_field_decides_nothing(office, run, resource_manager):
    request = request_of(run)
    here = f"/approvals/{request.id}/"
    html = resource_manager.get(here).html
    form = html[html.index("data-decision") :]
    assert form.index('value="" hidden') < form.index('value="changes_requested"')
    page = resource_manager.post(here, decision(request, "", "typed so far"))
    assert page.status == 422
    assert "typed so far" in page.html
