"""What else a decision may be: conditions, changes, corrections, abstention, a rule of the policy; and who has left."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.services import add_member, create_group, deactivate_user, remove_member, revoke_role
from apps.approvals.answers import Condition
from apps.approvals.evidence import digest
from apps.approvals.exceptions import (
    CannotAbstain,
    CorrectionRefused,
    NotAnApprover,
    ReasonRequired,
    StaleView,
)
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.selectors.conditions import conditions_of
from apps.approvals.services import decide_request
from apps.approvals.services.delegations import create_delegation
from apps.approvals.types import OnBehalf
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import ExceptionCase, Run, UserTask
from apps.workflows.services import cancel_run, complete_user_task
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

TWO = {"stages": [{"name": "Managers", "approvers": {"role": "resource_manager"}, "quorum": {"n": 2}}]}
LATER = {
    "stages": [
        {"name": "Managers", "approvers": {"role": "resource_manager"}},
        {"name": "Director", "approvers": {"role": "delivery_director"}, "when": "amount.value > 50000.0"},
    ]
}
MONEY = {"amount": "60000.00", "currency": "EUR"}


def decide(request: ApprovalRequest, staff: Staff, name: str, outcome: str = "approved", **more: Any) -> Any:
    more.setdefault("comment", "because")
    return decide_request(request_id=request.id, actor=staff.actor(name), outcome=outcome, **more)


def output_of(run: Run) -> dict[str, Any]:
    run.refresh_from_db()
    found: dict[str, Any] = run.state["outputs"]["approve"]
    return found


def test_conditions_become_tasks_and_the_run_goes_on(staff: Staff) -> None:
    publish(policy=TWO)
    run = begin()
    request = request_of(run)
    first = Condition("Get the insurance paper", role="finance", due="2030-01-31")
    decide(request, staff, "Rita", conditions=[first])
    assert not UserTask.objects.exists(), "nothing is approved yet"
    mona = str(staff.user("Mona").id)
    decide(
        request,
        staff,
        "Rolf",
        conditions=[Condition("Call the customer", user=mona), Condition("Book rooms")],
    )
    run.refresh_from_db()
    assert run.outcome == "completed"
    request.refresh_from_db()
    tasks = conditions_of(request)
    assert [task.show["condition"] for task in tasks] == [
        "Get the insurance paper",
        "Call the customer",
        "Book rooms",
    ]
    assert [(task.assignee_role, task.assignee_user) for task in tasks] == [
        ("finance", ""),
        ("", mona),
        ("delivery_manager", ""),
    ]
    assert tasks[0].due_at is not None
    assert [condition["text"] for condition in output_of(run)["conditions"]] == [
        task.show["condition"] for task in tasks
    ]
    complete_user_task(task_id=tasks[1].id, output={"note": "done"}, actor=staff.actor("Mona"))
    assert [task.status for task in conditions_of(request)] == ["open", "completed", "open"]


def test_conditions_of_a_run_that_is_cancelled_are_withdrawn(staff: Staff) -> None:
    publish(doing="true")
    run = begin()
    request = request_of(run)
    decide(request, staff, "Rita", conditions=[Condition("Book rooms")])
    request.refresh_from_db()
    assert [task.status for task in conditions_of(request)] == ["open"]
    cancel_run(run_id=run.id, actor=SYSTEM, reason="not wanted any more")
    assert [task.status for task in conditions_of(request)] == ["cancelled"]


def test_a_request_for_changes_goes_back_with_remarks(staff: Staff) -> None:
    publish(more="on_changes: {return_to: draft, max: 3}", drafting="true")
    run = begin()
    (task,) = UserTask.objects.all()
    complete_user_task(task_id=task.id, output={}, actor=staff.actor("Mona"))
    request = request_of(run)
    with pytest.raises(ReasonRequired):
        decide(request, staff, "Rita", "changes_requested", comment="")
    with pytest.raises(Invalid) as caught:
        decide(request, staff, "Rita", "changes_requested", remarks={"amunt": "too much"})
    assert caught.value.errors[0].pointer == "/remarks/amunt"
    decide(request, staff, "Rita", "changes_requested", comment="", remarks={"amount": "Too much "})
    request.refresh_from_db()
    assert (request.status, request.waiting_for) == ("changes_requested", [])
    assert [stage.status for stage in request.stages.all()] == ["changes_requested", "skipped"]
    assert UserTask.objects.get(status="open").visit == "draft#2"
    output = output_of(run)
    assert (output["outcome"], output["remarks"]) == ("changes_requested", {"amount": "Too much"})
    assert OutboxMessage.objects.get(type="approval.decided").data["outcome"] == "changes_requested"
    complete_user_task(task_id=UserTask.objects.get(status="open").id, output={}, actor=staff.actor("Mona"))
    again = ApprovalRequest.objects.get(run=run, status="open")
    decide(again, staff, "Rita")
    run.refresh_from_db()
    assert run.outcome == "completed"


def test_without_a_way_back_the_owner_gets_what_has_to_change(staff: Staff) -> None:
    publish()
    run = begin()
    decide(request_of(run), staff, "Rita", "changes_requested", comment="shorter, please")
    case = ExceptionCase.objects.get(run=run)
    assert (case.code, "shorter, please" in case.message) == ("changes_requested", True)


def test_an_abstention_is_a_vote_and_never_leaves_it_undecided(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    decide(request, staff, "Rita", "abstained", comment="")
    request.refresh_from_db()
    assert [str(user) for user in request.waiting_for] == [str(staff.user("Rolf").id)]
    with pytest.raises(CannotAbstain):
        decide(request, staff, "Rolf", "abstained")
    decide(request, staff, "Rolf")
    request.refresh_from_db()
    assert request.status == "approved"
    assert OutboxMessage.objects.get(type="approval.voted").data["outcome"] == "abstained"


def test_an_approver_corrects_what_the_step_allows(staff: Staff) -> None:
    publish(policy=LATER, more="editable: [amount, customer]")
    run = begin()
    request = request_of(run)
    seen = request.show_hash
    for corrections, pointer in (
        ({"region": "US"}, "/corrections/region"),
        ({"amount": "60000"}, "/corrections/amount"),
        ({"customer": 5}, "/corrections/customer"),
    ):
        with pytest.raises(Invalid) as caught:
            decide(request, staff, "Rita", corrections=corrections)
        assert [problem.pointer for problem in caught.value.errors] == [pointer]
    with pytest.raises(Invalid):
        decide(request, staff, "Rita", "rejected", corrections={"amount": MONEY})
    decide(request, staff, "Rita", show_hash=seen, corrections={"amount": MONEY, "customer": "Nordwind"})
    request.refresh_from_db()
    assert (str(request.amount), request.show["amount"]) == ("60000.00", MONEY)
    assert request.show_hash == digest(request.show) != seen
    assert [stage.status for stage in request.stages.all()] == ["passed", "open"]
    decision = Decision.objects.get()
    before = {"amount": "12000.00", "currency": "EUR"}
    assert decision.corrections == {"amount": {"before": before, "after": MONEY}}
    assert decision.show_hash == seen
    with pytest.raises(StaleView) as stale:
        decide(request, staff, "Dora", show_hash=seen)
    (change,) = stale.value.extra["changes"]
    assert change == {"field": "amount", "before": before, "after": MONEY, "by": "Rita"}
    decide(request, staff, "Dora", show_hash=request.show_hash)
    assert output_of(run)["values"] == {"amount": MONEY, "customer": "Nordwind"}
    assert AuditEntry.objects.filter(action="approval_request.correct").count() == 1


def test_a_correction_never_changes_what_others_approved_nor_who_decides(staff: Staff) -> None:
    publish(policy=TWO, more="editable: [amount]")
    request = request_of(begin())
    decide(request, staff, "Rita")
    with pytest.raises(CorrectionRefused) as caught:
        decide(request, staff, "Rolf", corrections={"amount": MONEY})
    assert caught.value.code == "approved_as_it_was"
    limits = [{"role": "resource_manager", "amount": "20000.00", "currency": "EUR"}]
    mine = {"stages": [{"name": "M", "approvers": [{"role": "resource_manager"}, {"role": "tenant_admin"}]}]}
    publish(policy=mine | {"limits": limits}, key="limited", more="editable: [amount]")
    limited = request_of(begin(key="limited"))
    with pytest.raises(CorrectionRefused) as caught:
        decide(limited, staff, "Rita", corrections={"amount": MONEY})
    assert caught.value.code == "others_to_ask"
    limited.refresh_from_db()
    assert (limited.status, limited.decisions.count(), limited.show["amount"]["amount"]) == (
        "open",
        0,
        "12000.00",
    )
    decide(limited, staff, "Tina", corrections={"amount": MONEY})


def test_a_rule_of_the_policy_decides_and_stands_on_record(staff: Staff) -> None:
    auto = [{"name": "Small", "when": "amount.value < 500.0"}]
    publish(policy=LATER | {"approve_when": auto})
    run = begin(amount="499.00")
    request = request_of(run)
    assert (run.outcome, request.status, request.decisions.count()) == ("completed", "approved", 0)
    assert request.decided_by_rule == auto[0]
    assert [stage.status for stage in request.stages.all()] == ["skipped", "skipped"]
    assert OutboxMessage.objects.get(type="approval.decided").data["decided_by"] == "rule “Small”"
    assert output_of(run)["rule"] == auto[0]
    staged = {"stages": [{**LATER["stages"][0], "approve_when": "show.region == 'EU'"}, LATER["stages"][1]]}
    publish(policy=staged, key="staged")
    request = request_of(begin(amount="90000.00", key="staged"))
    assert [stage.status for stage in request.stages.all()] == ["passed", "open"]
    assert request.stages.get(index=0).decided_by_rule == {"name": "automatic", "when": "show.region == 'EU'"}
    assert request_of(begin(key="staged")).status == "approved"


def stand_in(staff: Staff, deputy: str, *away: str) -> None:
    """These people are away, and the deputy decides for them."""
    for name in away:
        create_delegation(
            actor=SYSTEM,
            giver_id=staff.user(name).pk,
            taker_id=staff.user(deputy).pk,
            begins_at=now() - timedelta(minutes=1),
        )


def test_a_vote_for_another_is_his_and_stands_under_both_names(staff: Staff) -> None:
    stand_in(staff, "Tina", "Rita", "Dora")
    publish()
    run = begin(amount="60000.00")
    request = request_of(run)
    rita = OnBehalf(str(staff.user("Rita").id), "Rita")
    decide(request, staff, "Tina", on_behalf_of=rita)
    decision = Decision.objects.get()
    assert (decision.user_label, decision.on_behalf_of) == ("Tina", {"id": rita.id, "label": "Rita"})
    assert AuditEntry.objects.get(action="approval_request.vote").after["on_behalf_of"] == "Rita"
    with pytest.raises(NotAnApprover) as caught:
        decide(request, staff, "Tina", on_behalf_of=OnBehalf(str(staff.user("Dora").id), "Dora"))
    assert caught.value.code == "approved_before"
    decide(request, staff, "Dora")
    assert output_of(run)["decisions"][0]["on_behalf_of"] == "Rita"


def test_a_delegate_who_asked_for_it_does_not_count(staff: Staff) -> None:
    stand_in(staff, "Mona", "Rita")
    publish(requested_by=f'"{staff.user("Mona").id}"')
    request = request_of(begin())
    with pytest.raises(NotAnApprover) as caught:
        decide(request, staff, "Mona", on_behalf_of=OnBehalf(str(staff.user("Rita").id), "Rita"))
    assert caught.value.code == "own_request"
    assert not request.decisions.exists()


def test_who_may_not_decide_any_more_is_refused_and_the_others_are_asked(
    staff: Staff, drain: Callable[..., int]
) -> None:
    publish(policy={"stages": [{**TWO["stages"][0], "quorum": "all"}]})
    run = begin()
    request = request_of(run)
    held = staff.actor("Uma")
    revoke_role(user_id=staff.user("Uma").id, role="resource_manager", region="US", actor=SYSTEM)
    with pytest.raises(NotAnApprover):
        decide_request(request_id=request.id, actor=held, outcome="approved")
    decide(request, staff, "Rita")
    decide(request, staff, "Rolf")
    request.refresh_from_db()
    assert request.status == "open"
    drain()
    request.refresh_from_db()
    run.refresh_from_db()
    assert (request.status, run.outcome) == ("approved", "completed"), "those who are left had agreed already"
    (left,) = request.stages.get().left_out
    assert (left["label"], left["reason"]) == ("Uma", "is not among these people any more")


def test_a_request_whose_last_approver_leaves_goes_to_its_owner(
    staff: Staff, drain: Callable[..., int]
) -> None:
    group = create_group(key="board", name="Board", actor=SYSTEM)
    add_member(group_id=group.id, user_id=staff.user("Dora").id, actor=SYSTEM)
    publish(policy={"stages": [{"name": "Board", "approvers": {"group": "board"}}]})
    run = begin()
    remove_member(group_id=group.id, user_id=staff.user("Dora").id, actor=SYSTEM)
    with pytest.raises(NotAnApprover) as caught:
        decide(request_of(run), staff, "Dora")
    assert caught.value.code == "no_longer_an_approver"
    drain()
    request = request_of(run)
    case = ExceptionCase.objects.get(run=run)
    assert (request.status, case.code) == ("cancelled", "approval_without_approver")
    assert "Dora may not decide it now" in case.message


def test_an_account_that_is_closed_is_asked_no_more(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    deactivate_user(user_id=staff.user("Rita").id, actor=SYSTEM)
    drain()
    request.refresh_from_db()
    assert [str(user) for user in request.waiting_for] == [str(staff.user("Rolf").id)]
    assert AuditEntry.objects.get(action="approval_request.drop_approver").after == {
        "not_asked_any_more": ["Rita"]
    }
