"""Projects: the next thing and who has it, milestones, documents, staffing, billing explained, the button."""

from apps.delivery.models import Milestone, Project
from apps.delivery.services.milestones import accept_milestone
from tests.integration.delivery.contracts import another_customer, contact_actor, contract


def started(office, signed=None):
    run = office.sign(signed or contract())
    office.approve(run, office.resource_manager, office.director)
    return Project.objects.get(deal__run_id=run.id)


def test_the_list_says_where_each_project_stands(office, manager):
    started(office)
    page = manager.get("/projects/")
    assert page.has(
        "1 project here waits for you",
        "Nordwind ERP rollout C-1001",
        "The team is working on “Kickoff”",
        "Nordwind GmbH",
        "Waits for you",
        "120,000.00 EUR",
    )
    assert manager.get("/projects/", status="cancelled").has("No project fits")
    assert manager.get("/projects/", search="nordwind").has("C-1001")


def test_no_project_yet(office, manager):
    assert manager.get("/projects/").has("No project yet", "See the runs")


def test_the_page_of_a_project(office, manager):
    project = started(office)
    page = manager.get(f"/projects/{project.id}/")
    assert page.has(
        "Nordwind ERP rollout C-1001: on track, waiting on you for the completion of “Kickoff”",
        "It is with the delivery manager.",
        "Complete “Kickoff” when the work is done",
        "In progress · due",
        "24,000.00 EUR",
        "Statement of work",
        "1 × project manager, 1 × solution architect, 2 × consultant",
        "decided by Resource Manager, Delivery Director",
        "PRJ-000001",
        "CUS-000001",
        "Signed contract to running project",
        "Complete this milestone",
    )
    assert manager.cost(f"/projects/{project.id}/") <= 10


def test_completing_a_milestone_once(office, manager):
    project = started(office)
    kickoff = Milestone.objects.get(project=project, sequence=1)
    address = f"/milestones/{kickoff.id}/complete/"
    for _ in range(2):
        page = manager.post(address, {"reason": "All workshops held"})
        assert (page.status, page.to) == (303, f"/projects/{project.id}/")
    kickoff.refresh_from_db()
    assert (kickoff.status, kickoff.note) == ("completed", "All workshops held")
    assert manager.get(f"/projects/{project.id}/").has("“Kickoff” is completed", "It is with the customer.")
    assert manager.get(address).status == 405


def test_a_milestone_whose_turn_has_not_come(office, manager):
    project = started(office)
    later = Milestone.objects.get(project=project, sequence=3)
    page = manager.post(f"/milestones/{later.id}/complete/", follow=True)
    assert page.has("cannot complete")
    later.refresh_from_db()
    assert later.status == "planned"


def test_who_may_not_complete_gets_no_button(office, finance):
    project = started(office)
    kickoff = Milestone.objects.get(project=project, sequence=1)
    assert "Complete this milestone" not in finance.get(f"/projects/{project.id}/").html
    assert finance.post(f"/milestones/{kickoff.id}/complete/").status == 403


def test_what_keeps_it_from_being_billed_is_explained(office, manager, finance):
    project = started(office, contract(purchase_order={"number": "PO-404", "valid_until": None}))
    kickoff = Milestone.objects.get(project=project, sequence=1)
    manager.post(f"/milestones/{kickoff.id}/complete/")
    office.drain()
    accept_milestone(milestone_id=kickoff.id, actor=contact_actor())
    office.drain()
    page = finance.get(f"/projects/{project.id}/")
    assert page.has(
        "Billing: Blocked",
        "Has the customer accepted it? Yes.",
        "Is the purchase order valid? No. The ERP has no open purchase order PO-404.",
        "Clear what keeps “Kickoff” from being billed",
    )


def test_the_number_of_queries_does_not_grow(office, manager):
    started(office)
    before = manager.cost("/projects/")
    for number in range(3):
        started(office, another_customer(f"C-80{number}"))
    assert manager.cost("/projects/") == before <= 10
