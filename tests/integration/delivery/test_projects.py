"""Projects and milestones: who may move them, and what each sees."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.exceptions import ActionForbidden
from apps.core.errors import Invalid, NotFound
from apps.delivery.choices import MilestoneStatus
from apps.delivery.models import Deal, Milestone, Project, StaffingRequest
from apps.delivery.selectors import (
    list_customers,
    list_deals,
    list_milestones,
    list_staffing_requests,
    project_detail,
    project_list,
    status_summary,
)
from apps.delivery.services.milestones import accept_milestone, complete_milestone, send_back_milestone
from apps.delivery.services.projects import cancel_project, open_project
from apps.delivery.services.staffing import decide_staffing, request_staffing
from apps.ledger.exceptions import IllegalTransition
from apps.ledger.models import AuditEntry, OutboxMessage
from tests.integration.delivery.contracts import (
    PLAN,
    SYSTEM,
    another_customer,
    contact_actor,
    contract,
    project,
    staff,
)

pytestmark = pytest.mark.usefixtures("in_alpha")


def statuses(made: Project) -> list[str]:
    return list(made.milestones.order_by("sequence").values_list("status", flat=True))


def test_from_preparing_to_completed():
    made = project(started=False)
    manager, ada = staff("delivery_manager"), contact_actor()
    assert (made.status, statuses(made)) == ("preparing", ["planned", "planned"])
    made = project()
    assert (made.status, made.deal.status, statuses(made)) == ("active", "in_delivery", ["active", "planned"])
    kickoff, go_live = made.milestones.order_by("sequence")
    complete_milestone(milestone_id=kickoff.id, actor=manager, note="Done together")
    assert statuses(made) == ["completed", "active"]
    accept_milestone(milestone_id=kickoff.id, actor=ada)
    complete_milestone(milestone_id=go_live.id, actor=manager)
    accept_milestone(milestone_id=go_live.id, actor=ada)
    made.refresh_from_db()
    assert (made.status, statuses(made)) == ("completed", ["accepted", "accepted"])
    assert Deal.objects.get(pk=made.deal_id).status == "completed"
    kickoff.refresh_from_db()
    assert (kickoff.completed_by_label, kickoff.accepted_by_label) == ("Delivery Manager", "Ada Lovelace")
    told = (
        OutboxMessage.objects.filter(type__startswith="milestone.")
        .order_by("id")
        .values_list("type", flat=True)
    )
    assert list(told) == [
        "milestone.started",
        "milestone.completed",
        "milestone.started",
        "milestone.accepted",
        "milestone.completed",
        "milestone.accepted",
    ]


def test_sent_back_with_a_reason():
    made = project()
    kickoff = made.milestones.get(key="kickoff")
    complete_milestone(milestone_id=kickoff.id, actor=staff("delivery_manager"))
    with pytest.raises(Invalid):
        send_back_milestone(milestone_id=kickoff.id, actor=contact_actor(), reason="  ")
    send_back_milestone(milestone_id=kickoff.id, actor=contact_actor(), reason="The minutes are missing")
    kickoff.refresh_from_db()
    assert (kickoff.status, kickoff.completed_at, kickoff.note) == ("active", None, "The minutes are missing")
    assert AuditEntry.objects.get(action="milestone.send_back").reason == "The minutes are missing"


def test_who_may_not():
    made = project()
    project(another_customer())
    kickoff = made.milestones.get(key="kickoff")
    ada, grace = contact_actor(), contact_actor("grace@suedwind.example")
    manager, auditor = staff("delivery_manager"), staff("auditor")
    with pytest.raises(ActionForbidden):
        complete_milestone(milestone_id=kickoff.id, actor=auditor)
    with pytest.raises(ActionForbidden):
        complete_milestone(milestone_id=kickoff.id, actor=ada)
    with pytest.raises(IllegalTransition):
        accept_milestone(milestone_id=kickoff.id, actor=ada)
    complete_milestone(milestone_id=kickoff.id, actor=manager)
    with pytest.raises(ActionForbidden):
        accept_milestone(milestone_id=kickoff.id, actor=manager)
    with pytest.raises(NotFound):
        accept_milestone(milestone_id=kickoff.id, actor=grace)
    with pytest.raises(NotFound):
        accept_milestone(milestone_id=made.id, actor=ada)
    assert Milestone.objects.get(pk=kickoff.pk).status == MilestoneStatus.COMPLETED


def test_customers_see_only_their_own():
    mine = project()
    other = project(another_customer())
    ada = contact_actor()
    assert list(project_list(ada)) == [mine]
    assert {item.project_id for item in list_milestones(ada)} == {mine.id}
    assert [item.pk for item in list_deals(ada)] == [mine.deal_id]
    assert [item.pk for item in list_customers(ada)] == [mine.customer_id]
    assert not list_staffing_requests(ada).exists()
    assert project_detail(mine.id, ada).run_id is None
    with pytest.raises(NotFound):
        project_detail(other.id, ada)
    assert project_list(staff("auditor")).count() == 2


def test_words_for_each_reader():
    made = project(contract(without=("security_annex",)), started=False)
    ada, manager = contact_actor(), staff("delivery_manager")
    summary = project_detail(made.id, ada).summary
    assert summary.headline.endswith("being prepared, waiting on you for the security annex")
    assert summary.now == "We are putting your team together."
    assert summary.next.startswith("“Kickoff”, planned for ")
    assert [item.text for item in summary.expected] == ["Send the security annex"]
    assert project_detail(made.id, manager).summary.expected == ()

    made = project(contract(without=("security_annex",)))
    kickoff = made.milestones.get(key="kickoff")
    assert [item.kind for item in project_detail(made.id, manager).summary.expected] == ["completion"]
    complete_milestone(milestone_id=kickoff.id, actor=manager)
    summary = project_detail(made.id, ada).summary
    assert summary.now.startswith(
        "“Kickoff” is done and waits for your acceptance. We are working on “Go-live”, due on "
    )
    assert summary.next == "“Go-live” is the last milestone."
    assert [item.kind for item in summary.expected] == ["document", "acceptance"]
    assert "the customer's acceptance" in project_detail(made.id, manager).summary.now


def test_the_number_of_queries_does_not_grow():
    manager = staff("delivery_manager")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert [status_summary(row, manager) for row in project_list(manager)]
        return len(caught)

    project()
    few = queries()
    for number in range(5):
        project(contract(f"C-3{number}"))
    assert queries() == few <= 8


def test_staffing_is_asked_for_in_the_managers_name():
    manager = staff("delivery_manager", region="EU")
    made = project(started=False)
    roles = [{"role": "consultant", "count": 2}]
    first = request_staffing(deal_id=made.deal_id, tier="standard", roles=roles, note="", actor=SYSTEM)
    assert (str(first.requested_by_id), first.requested_by_label) == (manager.id, "Delivery Manager")
    second = request_staffing(deal_id=made.deal_id, tier="enhanced", roles=roles, note="more", actor=SYSTEM)
    first.refresh_from_db()
    assert (first.status, second.status) == ("cancelled", "requested")
    decide_staffing(
        staffing_request_id=second.id, command="approve", decided_by="Robin", comment="fine", actor=SYSTEM
    )
    second.refresh_from_db()
    assert (second.status, second.decided_by_label, second.comment) == ("approved", "Robin", "fine")
    assert Deal.objects.get(pk=made.deal_id).tier == "enhanced"


def test_called_off_and_opened_again():
    made = project()
    request_staffing(deal_id=made.deal_id, tier="x", roles=[{"role": "consultant"}], note="", actor=SYSTEM)
    cancel_project(project_id=made.id, reason="rolled back", actor=SYSTEM)
    cancel_project(project_id=made.id, reason="rolled back", actor=SYSTEM)
    made.refresh_from_db()
    assert (made.status, statuses(made)) == ("cancelled", ["cancelled", "cancelled"])
    assert StaffingRequest.objects.get().status == "cancelled"
    assert project_detail(made.id, contact_actor()).summary.now == "The project was called off."
    open_project(deal_id=made.deal_id, tier="x", plan=PLAN, contracted=[], actor=SYSTEM)
    made.refresh_from_db()
    assert (made.status, statuses(made)) == ("preparing", ["planned", "planned"])
