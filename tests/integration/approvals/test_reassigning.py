"""Passing on, asking somebody besides, recalling, and giving away all that somebody holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.services import assign_role, create_user, deactivate_user
from apps.approvals.exceptions import ApprovalClosed, NotAsked, PeopleRefused
from apps.approvals.models import ApprovalRequest, Delegation, HandOver, HandOverItem, RequestFact
from apps.approvals.selectors.holdings import read_holdings
from apps.approvals.services import decide_request
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.hand_over import start_hand_over
from apps.approvals.services.policies import install_policy
from apps.approvals.services.reassigning import add_approver, reassign_request, recall_request
from apps.core.clock import now
from apps.core.errors import Forbidden, Invalid
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.messaging.models import Message
from apps.workflows.models import ExceptionCase, Run, UserTask
from apps.workflows.services import publish_version, save_draft, start_run
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

WHY = "on parental leave"


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def waiting(request: ApprovalRequest, staff: Staff) -> set[str]:
    request.refresh_from_db()
    names = {staff.user(name).pk: name for name in ("Rita", "Rolf", "Uma", "Dora", "Mona", "Tina")}
    return {names[user] for user in request.waiting_for}


def reassign(
    request: ApprovalRequest, staff: Staff, who: str, giver: str, taker: str, reason: str = WHY
) -> None:
    reassign_request(
        request_id=request.id,
        from_user_id=staff.user(giver).pk,
        to_user_id=staff.user(taker).pk,
        actor=staff.actor(who),
        reason=reason,
    )


def decide(request: ApprovalRequest, staff: Staff, name: str, outcome: str = "approved") -> None:
    decide_request(request_id=request.id, actor=staff.actor(name), outcome=outcome, comment="so it is")


def test_an_administrator_passes_it_on(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    reassign(request, staff, "Tina", "Rita", "Mona")
    assert waiting(request, staff) == {"Rolf", "Mona"}
    fact = RequestFact.objects.get()
    assert (fact.kind, fact.by, fact.reason) == ("reassigned", "Tina", WHY)
    assert ([one["label"] for one in fact.people], [one["label"] for one in fact.gone]) == (
        ["Mona"],
        ["Rita"],
    )
    noted = AuditEntry.objects.get(action="approval_request.reassign")
    assert (noted.reason, noted.actor_label) == (WHY, "Tina")
    told = OutboxMessage.objects.get(type="approval.people_changed").data
    assert (told["added"], told["removed"], told["by"]) == (["Mona"], ["Rita"], "Tina")
    drain()
    mailed = Message.objects.filter(key="approval-requested").values_list("to_email", flat=True)
    assert staff.user("Mona").email in set(mailed)
    decide(request, staff, "Mona")
    request.refresh_from_db()
    assert request.status == "approved"


def test_whoever_is_asked_passes_it_on_himself_and_nobody_else_does(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    with pytest.raises(Forbidden):
        reassign(request, staff, "Mona", "Rita", "Mona")
    reassign(request, staff, "Rita", "Rita", "Mona")
    assert waiting(request, staff) == {"Rolf", "Mona"}
    with pytest.raises(NotAsked):
        reassign(request, staff, "Rita", "Rita", "Uma")


@pytest.mark.parametrize(
    ("taker", "code"),
    [("Mona", "own_request"), ("Rolf", "asked_already")],
    ids=["the requester", "asked already"],
)
def test_four_eyes_stay_four(staff: Staff, taker: str, code: str) -> None:
    publish(requested_by=f'"{staff.user("Mona").id}"')
    request = request_of(begin())
    with pytest.raises(PeopleRefused) as caught:
        reassign(request, staff, "Tina", "Rita", taker)
    assert caught.value.code == code
    assert waiting(request, staff) == {"Rita", "Rolf"}


def test_who_approved_before_does_not_come_in_again(staff: Staff) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    decide(request, staff, "Rita")
    with pytest.raises(PeopleRefused) as caught:
        reassign(request, staff, "Tina", "Dora", "Rita")
    assert caught.value.code == "approved_before"


def test_later_stages_are_passed_on_too(staff: Staff) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    reassign(request, staff, "Tina", "Dora", "Mona")
    decide(request, staff, "Rita")
    assert waiting(request, staff) == {"Mona"}


def test_a_reason_and_an_open_request_are_needed(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    with pytest.raises(Invalid):
        reassign(request, staff, "Tina", "Rita", "Mona", reason=" ")
    decide(request, staff, "Rita")
    for act in (
        lambda: reassign(request, staff, "Tina", "Rolf", "Mona"),
        lambda: add_approver(
            request_id=request.id, user_id=staff.user("Mona").pk, actor=staff.actor("Tina"), reason=WHY
        ),
        lambda: recall_request(request_id=request.id, actor=staff.actor("Tina"), reason=WHY),
    ):
        with pytest.raises(ApprovalClosed):
            act()


def test_somebody_is_asked_besides(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    who: dict[str, Any] = {"request_id": request.id, "user_id": staff.user("Mona").pk, "reason": WHY}
    with pytest.raises(Forbidden):
        add_approver(actor=staff.actor("Uma"), **who)
    add_approver(actor=staff.actor("Rolf"), **who)
    assert waiting(request, staff) == {"Rita", "Rolf", "Mona"}
    decide(request, staff, "Mona")
    assert Run.objects.get(pk=request.run_id).outcome == "completed"


def test_the_requester_recalls_and_the_run_goes_the_way_of_a_rejection(staff: Staff) -> None:
    publish(requested_by=f'"{staff.user("Mona").id}"')
    request = request_of(begin())
    with pytest.raises(Forbidden):
        recall_request(request_id=request.id, actor=staff.actor("Uma"), reason="wrong amount")
    recall_request(request_id=request.id, actor=staff.actor("Mona"), reason="wrong amount")
    request.refresh_from_db()
    run = Run.objects.get(pk=request.run_id)
    assert (request.status, run.outcome) == ("cancelled", "rejected")
    output = run.state["outputs"]["approve"]
    assert (output["outcome"], output["comment"]) == ("recalled", "Recalled by Mona: wrong amount")
    assert OutboxMessage.objects.filter(type="approval.recalled").count() == 1
    assert RequestFact.objects.get().kind == "recalled"


def test_a_leavers_things_go_to_somebody_else(staff: Staff, drain: Callable[..., int]) -> None:
    """Everything he holds is listed, handed over one by one, and what cannot be is said with its reason."""
    publish()
    mine, blocked = request_of(begin()), None
    publish(requested_by=f'"{staff.user("Mona").id}"', key="asked-by-mona")
    blocked = request_of(begin(key="asked-by-mona"))
    _task(str(staff.user("Rita").pk))
    create_delegation(
        actor=staff.actor("Dora"),
        begins_at=now() + timedelta(days=1),
        ends_at=now() + timedelta(days=9),
        taker_id=staff.user("Rita").pk,
    )
    install_policy(
        key="personal",
        name="Personal",
        definition={"stages": [{"name": "Rita", "approvers": {"user": "rita@staff.example"}}]},
        actor=SYSTEM,
    )
    held = read_holdings(user_id=staff.user("Rita").pk, actor=staff.actor("Tina"))
    assert sorted(thing.kind for thing in held.things) == ["approval", "approval", "delegation", "user_task"]
    assert held.named_by == ["personal"]
    with pytest.raises(Forbidden):
        read_holdings(user_id=staff.user("Rita").pk, actor=staff.actor("Uma"))
    row = start_hand_over(
        giver_id=staff.user("Rita").pk,
        taker_id=staff.user("Mona").pk,
        actor=staff.actor("Tina"),
        reason=WHY,
    )
    drain()
    row.refresh_from_db()
    assert (row.status, row.counts) == ("finished", {"done": 3, "refused": 1})
    refused = HandOverItem.objects.get(state="refused")
    assert (refused.target, "must not decide it" in refused.why) == (blocked.id, True)
    assert waiting(mine, staff) == {"Rolf", "Mona"}
    assert UserTask.objects.get(status="open").assignee_user == str(staff.user("Mona").pk)
    assert Delegation.objects.get(withdrawn_at=None).taker == staff.user("Mona")
    assert OutboxMessage.objects.get(type="hand_over.finished").data["counts"] == {"done": 3, "refused": 1}
    assert AuditEntry.objects.filter(reason=WHY).count() >= 5
    left = read_holdings(user_id=staff.user("Rita").pk, actor=staff.actor("Tina"))
    assert [thing.id for thing in left.things] == [blocked.id]


def test_handing_over_twice_or_what_is_settled_does_no_harm(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    first, second = request_of(begin()), request_of(begin())
    people: dict[str, Any] = {
        "giver_id": staff.user("Rita").pk,
        "taker_id": staff.user("Mona").pk,
        "actor": staff.actor("Tina"),
        "reason": WHY,
    }
    start_hand_over(**people, chosen=[first.id])
    start_hand_over(**people)
    decide(second, staff, "Rolf")
    drain()
    states = HandOver.objects.order_by("id").values_list("counts", flat=True)
    assert list(states) == [{"done": 1}, {"gone": 1, "refused": 1}]
    with pytest.raises(Invalid):
        start_hand_over(**people)


def test_a_hand_over_stops_with_the_rights_of_who_started_it(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    other = create_user(email="otto@staff.example", name="Otto", roles=["tenant_admin"], actor=SYSTEM)
    assign_role(user_id=other.pk, role="delivery_manager", actor=SYSTEM)
    start_hand_over(
        giver_id=staff.user("Rita").pk,
        taker_id=staff.user("Mona").pk,
        actor=staff.actor("Tina"),
        reason=WHY,
    )
    deactivate_user(user_id=staff.user("Tina").pk, actor=SYSTEM)
    drain()
    item = HandOverItem.objects.get()
    assert (item.state, item.why) == ("refused", "Tina may no longer act here.")
    assert waiting(request, staff) == {"Rita", "Rolf"}
    assert not ExceptionCase.objects.filter(status="open").exists()


TASK = """
format: 1
key: one-task
name: One task
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
steps:
  - {{id: ask, kind: user_task, name: Fill it in, assignee: {{user: {user}}}}}
  - {{id: done, kind: end, outcome: completed}}
"""


def _task(user: str) -> None:
    draft = save_draft(source=TASK.format(user=user), actor=SYSTEM)
    publish_version(template_key="one-task", number=draft.number, actor=SYSTEM)
    start_run(template_key="one-task", input={}, actor=SYSTEM, name="A task")
