"""People who act in the same moment: one defined outcome each, proven with real transactions."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from apps.accounts.services import assign_role, create_user, revoke_role
from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest, Decision, StepUpProof
from apps.approvals.services import decide_request
from apps.approvals.services.stepping_up import step_up_by_code
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.dispatch.models import WorkItem
from apps.ledger.models import OutboxMessage
from apps.workflows.models import Run
from apps.workflows.services import cancel_run
from tenants.context import tenant_context
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of
from tests.integration.approvals.proving import asked_again, code_of, with_app


@pytest.fixture
def gamma(fresh_tenant: TenantRef) -> Iterator[TenantRef]:
    with tenant_context(fresh_tenant):
        yield fresh_tenant


def at_once(tenant: TenantRef, *acts: Callable[[], object]) -> list[str]:
    """Run the acts in threads that start together; return "" or the code of the refusal of each."""
    barrier = Barrier(len(acts))

    def act(function: Callable[[], object]) -> str:
        try:
            with tenant_context(tenant):
                barrier.wait(10)
                function()
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def decide(request: ApprovalRequest, actor: Actor, outcome: str = "approved") -> Callable[[], object]:
    return lambda: decide_request(request_id=request.id, actor=actor, outcome=outcome, comment="because")


def test_two_approvers_in_the_same_millisecond(gamma: TenantRef) -> None:
    staff = Staff()
    publish()
    for _ in range(5):
        run = begin()
        request = request_of(run)
        answers = at_once(
            gamma, decide(request, staff.actor("Rita")), decide(request, staff.actor("Rolf"), "rejected")
        )
        assert sorted(answers) == ["", "approval_closed"]
        decision = Decision.objects.get(request=request)
        request.refresh_from_db()
        assert request.status == decision.outcome
        assert Run.objects.get(pk=run.pk).outcome == (
            "completed" if decision.outcome == "approved" else "rejected"
        )


def test_a_double_click_counts_once(gamma: TenantRef) -> None:
    staff = Staff()
    publish()
    request = request_of(begin(amount="60000.00"))
    rita = staff.actor("Rita")
    answers = at_once(gamma, *[decide(request, rita)] * 4)
    assert sorted(answers) == ["", "already_decided", "already_decided", "already_decided"]
    assert Decision.objects.filter(request=request).count() == 1
    assert OutboxMessage.objects.filter(type="approval_stage.opened").count() == 1


def test_approve_against_cancel(gamma: TenantRef) -> None:
    staff = Staff()
    publish()
    rita = staff.actor("Rita")
    for _ in range(5):
        run = begin()
        request = request_of(run)
        approved, cancelled = at_once(
            gamma,
            decide(request, rita),
            partial(cancel_run, run_id=run.id, actor=SYSTEM, reason="changed our minds"),
        )
        request.refresh_from_db()
        status = Run.objects.get(pk=run.pk).status
        if approved == "":
            assert (request.status, status, cancelled) == (
                RequestStatus.APPROVED,
                "completed",
                "command_refused",
            )
        else:
            assert (approved, request.status, status) == (
                "approval_closed",
                RequestStatus.CANCELLED,
                "cancelled",
            )


def test_a_quorum_is_reached_once_by_many_at_once(gamma: TenantRef) -> None:
    staff = Staff()
    for name in ("Ann", "Ben", "Cid"):
        create_user(email=f"{name.lower()}@staff.example", name=name, roles=["finance"], actor=SYSTEM)
    publish(policy="{stages: [{name: Two, approvers: {role: finance}, quorum: {n: 2}}]}")
    for _ in range(3):
        run = begin()
        request = request_of(run)
        answers = at_once(gamma, *(decide(request, staff.actor(name)) for name in ("Ann", "Ben", "Cid")))
        assert sorted(answers) == ["", "", "approval_closed"]
        assert Decision.objects.filter(request=request).count() == 2
        assert Run.objects.get(pk=run.pk).outcome == "completed"


def test_an_approver_is_removed_while_he_decides(gamma: TenantRef) -> None:
    """Whichever is first stands; either way nobody who was removed before decides, and the run goes on or is asked anew."""
    staff = Staff()
    publish(policy={"stages": [{"name": "Director", "approvers": {"role": "delivery_director"}}]})
    for _ in range(4):
        run = begin()
        request = request_of(run)
        dora = staff.actor("Dora")
        revoke = partial(revoke_role, user_id=staff.user("Dora").id, role="delivery_director", actor=SYSTEM)
        decided, revoked = at_once(gamma, decide(request, dora), revoke)
        request.refresh_from_db()
        assert (decided, revoked) in {
            ("", ""),
            ("no_longer_an_approver", ""),
            ("not_found", ""),
            ("forbidden", ""),
        }
        assert request.status == ("open" if decided else "approved")
        assert Decision.objects.filter(request=request).count() == (0 if decided else 1)
        assert WorkItem.objects.filter(kind="approvals.departed").exists()
        assign_role(user_id=staff.user("Dora").id, role="delivery_director", actor=SYSTEM)


def test_one_code_given_twice_at_once_proves_once_and_so_does_its_proof(gamma: TenantRef) -> None:
    staff = Staff()
    request = asked_again()
    rita = staff.actor("Rita")
    with_app(staff.user("Rita"))
    code, wanted = code_of(staff.user("Rita")), [(request.id, request.show_hash)]
    prove = partial(step_up_by_code, actor=rita, code=code, wanted=wanted)
    assert sorted(at_once(gamma, prove, prove)) == ["", "wrong_code"]
    proof = StepUpProof.objects.get()
    use = partial(decide_request, request_id=request.id, actor=rita, outcome="approved", step_up=proof.id)
    assert sorted(at_once(gamma, use, use)) == ["", "approval_closed"]
    assert Decision.objects.count() == 1
