"""Nobody decides: the ladder is climbed once, step by step, each in the request's history, and the end is explicit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.services.managers import set_manager
from apps.approvals.exceptions import NotAnApprover
from apps.approvals.models import ApprovalRequest, ApprovalStage, RequestFact
from apps.approvals.services import decide_request
from apps.approvals.services.clocks import CLOCK_KIND
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.escalating import ACTOR, strike
from apps.approvals.services.opening import REMIND_KIND
from apps.approvals.services.policies import install_policy
from apps.core.clock import now
from apps.dispatch.models import Lane, WorkItem
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.ledger.services import unit_of_work
from apps.messaging.models import Message
from apps.workflows.models import ExceptionCase, Run
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

ASKED = {"name": "Region", "approvers": {"role": "resource_manager", "region": "EU"}}


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def ask(*stages: dict[str, Any], **policy: Any) -> ApprovalRequest:
    """A request under a policy of these stages."""
    definition = {"stages": list(stages) or [ASKED], **policy}
    install_policy(key="patient", name="Patient", definition=definition, actor=SYSTEM)
    publish(policy="patient")
    return request_of(begin())


def bring_forward(ref: UUID) -> None:
    """Have the work of one row done at once."""
    WorkItem.objects.filter(ref=ref).update(run_at=now())
    Lane.objects.update(next_due=now())


def pass_time(request: ApprovalRequest, steps: int = 1) -> list[str]:
    """Let the time of the next steps come, each a long time ago; return the kinds of facts there are then."""
    for _ in range(steps):
        stage = ApprovalStage.objects.get(request=request, status="open")
        ApprovalStage.objects.filter(pk=stage.pk).update(opened_at=now() - timedelta(days=90))
        with unit_of_work(ACTOR):
            strike(stage.pk)
    request.refresh_from_db()
    return list(RequestFact.objects.filter(request=request).order_by("id").values_list("kind", flat=True))


def waiting(request: ApprovalRequest, staff: Staff) -> set[str]:
    request.refresh_from_db()
    names = {staff.user(name).pk: name for name in ("Rita", "Rolf", "Uma", "Dora", "Mona", "Tina")}
    return {names[user] for user in request.waiting_for}


def decide(request: ApprovalRequest, staff: Staff, name: str) -> None:
    decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved")


def test_reminders_additions_and_managers_in_their_order(staff: Staff) -> None:
    set_manager(user_id=staff.user("Rita").pk, manager_id=staff.user("Mona").pk, actor=SYSTEM)
    request = ask(
        escalation=[
            {"after": "PT4H", "do": "remind"},
            {"after": "P1D", "add": {"role": "delivery_director"}},
            {"after": "P2D", "do": "up"},
        ]
    )
    assert WorkItem.objects.filter(kind=CLOCK_KIND).count() == 1
    assert pass_time(request) == ["reminded"]
    assert Message.objects.filter(key="approval-reminder").count() == 2
    assert pass_time(request) == ["reminded", "added"]
    assert waiting(request, staff) == {"Rita", "Rolf", "Dora"}
    assert pass_time(request) == ["reminded", "added", "went_up"]
    assert waiting(request, staff) == {"Rita", "Rolf", "Dora", "Mona"}
    steps = OutboxMessage.objects.filter(type="approval.escalated").order_by("id")
    assert [message.data["step"] for message in steps] == ["remind", "added", "went_up"]
    assert AuditEntry.objects.filter(action="approval_request.escalate").count() == 2
    decide(request, staff, "Mona")
    request.refresh_from_db()
    assert request.status == "approved"


def test_a_step_taken_twice_is_taken_once(staff: Staff, drain: Callable[..., int]) -> None:
    request = ask(escalation=[{"after": "PT4H", "do": "remind"}, {"after": "P60D", "do": "remind"}])
    stage = request.stages.get()
    ApprovalStage.objects.filter(pk=stage.pk).update(opened_at=now() - timedelta(days=30))
    for _ in range(3):
        with unit_of_work(ACTOR):
            strike(stage.pk)
    assert RequestFact.objects.count() == 1
    stage.refresh_from_db()
    assert (stage.rung, stage.next_at is not None) == (1, True)
    decide(request, staff, "Rita")
    with unit_of_work(ACTOR):
        strike(stage.pk)
    assert RequestFact.objects.count() == 1


def test_the_clock_waits_while_offices_are_closed(staff: Staff, drain: Callable[..., int]) -> None:
    """Brought forward by mistake, the work item finds that the time has not come, and waits again."""
    request = ask(escalation=[{"after": "P1D", "do": "remind"}])
    stage = request.stages.get()
    bring_forward(stage.pk)
    drain()
    stage.refresh_from_db()
    assert (stage.rung, RequestFact.objects.count()) == (0, 0)
    assert stage.next_at is not None
    assert stage.next_at > now()


def test_replaced_people_are_asked_no_longer(staff: Staff) -> None:
    request = ask(escalation=[{"after": "P1D", "replace": {"role": "delivery_director"}}])
    assert pass_time(request) == ["replaced"]
    fact = RequestFact.objects.get()
    assert ([one["label"] for one in fact.people], {one["label"] for one in fact.gone}) == (
        ["Dora"],
        {"Rita", "Rolf"},
    )
    assert waiting(request, staff) == {"Dora"}
    with pytest.raises(NotAnApprover):
        decide(request, staff, "Rita")
    decide(request, staff, "Dora")


def test_all_of_three_stays_two_when_others_come_in(staff: Staff) -> None:
    request = ask(
        ASKED | {"quorum": "all"}, escalation=[{"after": "P1D", "add": {"role": "delivery_director"}}]
    )
    decide(request, staff, "Rita")
    assert pass_time(request) == ["added"]
    decide(request, staff, "Dora")
    request.refresh_from_db()
    assert request.status == "approved"


def test_nobody_above_is_said_and_reminded(staff: Staff) -> None:
    request = ask(
        {"name": "Director", "approvers": {"role": "delivery_director"}},
        escalation=[{"after": "P1D", "replace": {"role": "finance"}}],
    )
    assert pass_time(request) == ["not_done"]
    assert waiting(request, staff) == {"Dora"}
    assert Message.objects.filter(key="approval-reminder").count() == 1


def test_the_requester_never_comes_in(staff: Staff) -> None:
    install_policy(
        key="patient",
        name="Patient",
        definition={
            "stages": [ASKED],
            "escalation": [{"after": "P1D", "add": {"role": "delivery_director"}}],
        },
        actor=SYSTEM,
    )
    publish(policy="patient", requested_by=f'"{staff.user("Dora").id}"')
    request = request_of(begin())
    assert pass_time(request) == ["not_done"]
    assert "asked for this" in RequestFact.objects.get().reason


@pytest.mark.parametrize(
    ("then", "status", "outcome"),
    [("approve", "approved", "completed"), ("reject", "rejected", "rejected")],
)
def test_the_end_is_explicit(staff: Staff, then: str, status: str, outcome: str) -> None:
    request = ask(timeout={"after": "P2D", "then": then})
    assert pass_time(request) == ["timed_out"]
    run = Run.objects.get(pk=request.run_id)
    assert (request.status, run.outcome, request.waiting_for) == (status, outcome, [])
    stage = request.stages.get()
    assert stage.decided_by_rule == {"name": "timeout", "when": "nobody decided in time"}
    told = OutboxMessage.objects.get(type="approval.decided").data
    assert (told["outcome"], told["decided_by"]) == (status, "policy")


def test_a_stage_that_times_out_approved_opens_the_next(staff: Staff) -> None:
    later = {"name": "Director", "approvers": {"role": "delivery_director"}, "escalation": []}
    request = ask(ASKED | {"timeout": {"after": "P2D", "then": "approve"}}, later)
    pass_time(request)
    assert (request.status, request.stage, waiting(request, staff)) == ("open", 1, {"Dora"})
    decide(request, staff, "Dora")
    assert Run.objects.get(pk=request.run_id).outcome == "completed"


def test_an_exception_has_an_owner_and_can_ask_again(staff: Staff) -> None:
    request = ask(timeout={"after": "P2D", "then": "exception"})
    pass_time(request)
    assert request.status == "cancelled"
    case = ExceptionCase.objects.get(run_id=request.run_id, status="open")
    assert (case.code, case.owner_role) == ("approval_timed_out", "delivery_manager")
    assert "Nobody decided “Region” in time" in case.message


def test_escalated_it_goes_to_the_administrators_and_stays_open(staff: Staff) -> None:
    request = ask(timeout={"after": "P2D", "then": "escalate"})
    assert pass_time(request) == ["timed_out", "went_up"]
    assert (request.status, waiting(request, staff)) == ("open", {"Tina"})
    decide(request, staff, "Tina")
    request.refresh_from_db()
    assert request.status == "approved"


def test_the_clock_of_an_absent_approver_is_that_of_his_deputy(
    staff: Staff, drain: Callable[..., int]
) -> None:
    request = ask(
        {"name": "Director", "approvers": {"role": "delivery_director"}},
        escalation=[{"after": "P1D", "do": "remind"}],
    )
    create_delegation(
        actor=staff.actor("Dora"),
        begins_at=now() - timedelta(minutes=1),
        ends_at=now() + timedelta(days=9),
        taker_id=staff.user("Mona").pk,
    )
    drain()
    pass_time(request)
    fact = RequestFact.objects.get(kind="reminded")
    assert [one["label"] for one in fact.people] == ["Mona"]


def test_long_unanswered_requests_reach_the_administrators(staff: Staff, drain: Callable[..., int]) -> None:
    request = ask()
    ApprovalRequest.objects.filter(pk=request.pk).update(reminders=13)
    bring_forward(request.pk)
    drain()
    assert RequestFact.objects.filter(kind="reminded").count() == 1
    # It comes back for ever, on working days.
    assert WorkItem.objects.filter(ref=request.pk, kind=REMIND_KIND, run_at__gt=now()).count() == 1
    assert list(Message.objects.filter(key="approval-stalled").values_list("to_email", flat=True)) == [
        "tina@staff.example"
    ]
