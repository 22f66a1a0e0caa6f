"""Requests, decisions and what follows from them."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.services import create_user
from apps.approvals.evidence import digest
from apps.approvals.exceptions import (
    AlreadyDecided,
    ApprovalClosed,
    NotAnApprover,
    ReasonRequired,
    StaleView,
    UnknownRequest,
)
from apps.approvals.models import ApprovalPolicy, Decision
from apps.approvals.selectors.requests import decided_by, inbox, inbox_count, similar_requests
from apps.approvals.services import decide_request
from apps.core.errors import Forbidden
from apps.core.ids import new_id
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.models import ExceptionCase, Run, StepRun
from apps.workflows.services import cancel_run, retry_step
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of


def names(actor_names: list[str], staff: Staff) -> set[str]:
    return {str(staff.user(name).id) for name in actor_names}


def waiting(request: object) -> set[str]:
    return {str(user_id) for user_id in request.waiting_for}  # type: ignore[attr-defined]


def test_the_region_decides_and_the_run_goes_on(staff: Staff) -> None:
    publish()
    run = begin()
    request = request_of(run)
    assert waiting(request) == names(["Rita", "Rolf"], staff)
    assert [stage.status for stage in request.stages.all()] == ["open", "skipped"]
    assert request.show_hash == digest(request.show)
    assert (str(request.amount), request.currency, request.about) == ("12000.00", "EUR", "Nordwind ERP")
    decide_request(
        request_id=request.id, actor=staff.actor("Rita"), outcome="approved", show_hash=request.show_hash
    )
    run.refresh_from_db()
    request.refresh_from_db()
    assert (run.status, run.outcome, request.status) == ("completed", "completed", "approved")
    output = run.state["outputs"]["approve"]
    assert (output["outcome"], output["decided_by"]) == ("approved", ["Rita"])
    decision = Decision.objects.get(request=request)
    assert (decision.user_label, decision.show_hash, decision.how) == ("Rita", request.show_hash, "api")
    assert OutboxMessage.objects.filter(type="approval.requested").count() == 1
    told = OutboxMessage.objects.get(type="approval.decided")
    assert (told.data["outcome"], told.data["decided_by"]) == ("approved", "Rita")
    assert AuditEntry.objects.filter(action="approval_request.approve", actor_label="Rita").count() == 1


def test_above_the_limit_the_director_decides_too(staff: Staff) -> None:
    publish()
    run = begin(amount="50000.01")
    request = request_of(run)
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved", comment="fine")
    request.refresh_from_db()
    assert (request.status, request.stage, waiting(request)) == ("open", 1, names(["Dora"], staff))
    assert OutboxMessage.objects.filter(type="approval_stage.opened").count() == 1
    with pytest.raises(AlreadyDecided):
        decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    with pytest.raises(NotAnApprover) as caught:
        decide_request(request_id=request.id, actor=staff.actor("Rolf"), outcome="approved")
    assert (caught.value.code, "Dora" in caught.value.detail) == ("not_an_approver", True)
    decide_request(request_id=request.id, actor=staff.actor("Dora"), outcome="approved")
    run.refresh_from_db()
    assert run.outcome == "completed"
    assert [row["by"] for row in run.state["outputs"]["approve"]["decisions"]] == ["Rita", "Dora"]


def test_a_rejection_needs_a_reason_and_ends_it(staff: Staff) -> None:
    publish()
    run = begin(amount="90000.00")
    request = request_of(run)
    with pytest.raises(ReasonRequired):
        decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="rejected", comment=" ")
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="rejected", comment="too early")
    run.refresh_from_db()
    request.refresh_from_db()
    assert (run.outcome, request.status) == ("rejected", "rejected")
    assert [stage.status for stage in request.stages.all()] == ["rejected", "closed"]


def test_a_closed_request_says_who_decided(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    for name in ("Rolf", "Rita", "Mona"):
        with pytest.raises(ApprovalClosed) as caught:
            decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved")
        assert caught.value.status == 409
        assert "Rita" in caught.value.detail
        assert caught.value.extra["decisions"][0]["by"] == "Rita"
    assert Decision.objects.filter(request=request).count() == 1


def test_who_asked_does_not_decide(staff: Staff) -> None:
    publish(requested_by=f'"{staff.user("Rita").id}"')
    request = request_of(begin())
    assert waiting(request) == names(["Rolf"], staff)
    with pytest.raises(NotAnApprover) as caught:
        decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    assert caught.value.code == "own_request"


def test_a_stale_view_is_refused_and_changes_nothing(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    with pytest.raises(StaleView) as caught:
        decide_request(
            request_id=request.id, actor=staff.actor("Rita"), outcome="approved", show_hash="0" * 64
        )
    assert caught.value.extra["show_hash"] == request.show_hash
    request.refresh_from_db()
    assert (request.status, request.version, Decision.objects.count()) == ("open", 1, 0)


def test_strangers_the_system_and_unknown_ids(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    for name in ("Uma", "Mona", "Dora"):
        with pytest.raises(NotAnApprover):
            decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved")
    with pytest.raises(Forbidden):
        decide_request(request_id=request.id, actor=SYSTEM, outcome="approved")
    with pytest.raises(UnknownRequest):
        decide_request(request_id=new_id(), actor=staff.actor("Rita"), outcome="approved")


def test_nobody_to_ask_is_an_exception_with_an_owner_and_can_be_retried(staff: Staff) -> None:
    publish()
    run = begin(region="APAC")
    case = ExceptionCase.objects.get(run=run)
    assert (case.code, case.owner_role) == ("approval_without_approver", "delivery_manager")
    assert "resource manager in region APAC" in case.message
    assert not run.approvals.exists()
    create_user(
        email="aki@staff.example", name="Aki", roles=["resource_manager"], regions=["APAC"], actor=SYSTEM
    )
    retry_step(run_id=run.id, visit=case.visit, actor=SYSTEM, reason="Aki has the role now")
    assert waiting(request_of(run)) == names(["Aki"], staff)


def test_the_only_approver_having_asked_is_an_exception_too(staff: Staff) -> None:
    publish(requested_by=f'"{staff.user("Uma").id}"')
    run = begin(region="US")
    case = ExceptionCase.objects.get(run=run)
    assert (case.code, case.details["error"]["details"]["requested_by"]) == (
        "approval_without_approver",
        str(staff.user("Uma").id),
    )


def test_a_policy_that_cannot_be_answered_is_an_exception(staff: Staff) -> None:
    policy = '{stages: [{name: One, approvers: {role: finance}, when: "show.nothing > 1"}]}'
    staff.user("Mona").role_assignments.create(role="finance")
    publish(policy=policy)
    run = begin()
    assert ExceptionCase.objects.get(run=run).code == "approval_policy_unanswerable"


def test_a_cancelled_run_withdraws_its_request(staff: Staff) -> None:
    publish()
    run = begin()
    cancel_run(run_id=run.id, actor=SYSTEM, reason="ordered twice")
    request = request_of(run)
    assert (request.status, request.waiting_for) == ("cancelled", [])
    assert [stage.status for stage in request.stages.all()] == ["closed", "skipped"]
    with pytest.raises(ApprovalClosed):
        decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")


def test_without_a_stage_that_applies_the_policy_approves(staff: Staff) -> None:
    publish(
        policy='{stages: [{name: Director, approvers: {role: delivery_director}, when: "amount.value > 50000.0"}]}'
    )
    run = begin(amount="10.00")
    request = request_of(run)
    assert (run.outcome, request.status, request.decisions.count()) == ("completed", "approved", 0)
    assert (
        AuditEntry.objects.get(action="approval_request.approve").reason == "no stage of the policy applies"
    )


def test_the_inbox_holds_what_waits_for_me_most_urgent_first(staff: Staff) -> None:
    publish()
    small, large, other = (request_of(begin(amount=amount)) for amount in ("10.00", "40000.00", "90000.00"))
    rita = staff.actor("Rita")
    type(small).objects.filter(pk__in=[small.pk, large.pk]).update(due_at=small.due_at)
    assert list(inbox(rita)) == [large, small, other]
    assert inbox_count(rita) == 3
    assert inbox_count(staff.actor("Dora")) == 0
    decide_request(request_id=other.id, actor=rita, outcome="approved")
    assert list(inbox(rita)) == [large, small]
    assert list(inbox(staff.actor("Dora"))) == [other]
    assert list(decided_by(rita)) == [other]
    decide_request(request_id=small.id, actor=rita, outcome="approved")
    assert similar_requests(large) == [small]


def test_a_decision_takes_few_queries(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    rita = staff.actor("Rita")
    with CaptureQueriesContext(connection) as captured:
        decide_request(request_id=request.id, actor=rita, outcome="approved")
    own = [query["sql"] for query in captured if "approvals_" in query["sql"]]
    assert len(own) <= 6, own


def test_decisions_cannot_be_changed_by_anybody(staff: Staff) -> None:
    publish()
    request = request_of(begin())
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    for change in (lambda rows: rows.update(outcome="rejected"), lambda rows: rows._raw_delete(rows.db)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Decision.objects.filter(request=request))


def test_a_published_policy_is_followed_by_new_requests_only(staff: Staff) -> None:
    publish()
    before = request_of(begin())
    row = ApprovalPolicy.objects.get(key="staffing-approval", status="published")
    assert (before.policy_id, before.policy_number, before.policy_definition) == (
        row.id,
        row.number,
        row.definition,
    )


def test_step_shows_it_waits(staff: Staff) -> None:
    publish()
    run = begin()
    assert StepRun.objects.get(run=run, step="approve").ended_at is None
    assert Run.objects.get(pk=run.pk).status == "running"
