"""Whom the rules of a policy ask, who is left out and why, and what becomes of a stage without people."""

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.models import Group
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import add_member, create_group, create_user, remove_member, set_manager
from apps.approvals.exceptions import NotAnApprover
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.requests import visible_requests
from apps.approvals.services import decide_request
from apps.approvals.services.asking import Question, whom_to_ask
from apps.approvals.services.policies import install_policy
from apps.approvals.services.stage_rows import nobody_error
from apps.approvals.types import Requester
from apps.delivery.models import Contact, Customer, Deal
from apps.delivery.services.contact_users import ensure_contact_user
from apps.delivery.services.customers import change_contact, update_customer
from apps.ledger.services import unit_of_work
from apps.workflows.models import ExceptionCase, Run
from apps.workflows.services import retry_step
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of


def asked(policy: dict[str, Any], staff: Staff, *, requested_by: str = "Mona", **more: Any) -> set[str]:
    """The names of those whom the policy's open stage waits for."""
    # Expressions of a policy written into the step would be those of the step: this one has a name of its own.
    install_policy(key="tried", name="Tried", definition=policy, actor=SYSTEM)
    publish(policy="tried", requested_by=f'"{staff.user(requested_by).id}"', **more)
    return names(request_of(begin()))


def names(request: ApprovalRequest) -> set[str]:
    stage = request.stages.get(index=request.stage)
    waiting = {str(user) for user in request.waiting_for}
    return {person["label"] for person in stage.candidates if person["id"] in waiting}


def stage(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "One", "approvers": list(rules), **more}


def board(staff: Staff, *members: str) -> Group:
    group = create_group(key="board", name="Board", actor=SYSTEM)
    for name in members:
        add_member(group_id=group.id, user_id=staff.user(name).id, actor=SYSTEM)
    return group


def contract_of(run: Run | None = None) -> Deal:
    customer = Customer.objects.create(external_id="K-1", name="Nordwind")
    return Deal.objects.create(
        contract_id="C-1",
        title="Rollout",
        customer=customer,
        amount="1.00",
        currency="EUR",
        signed_at=datetime(2026, 1, 1, tzinfo=UTC),
        run_id=run.id if run else None,
    )


def test_people_are_named_in_many_ways(staff: Staff) -> None:
    board(staff, "Rita", "Dora")
    set_manager(user_id=staff.user("Mona").id, manager_id=staff.user("Dora").id, actor=SYSTEM)
    for rules, expected in (
        ([{"group": "board"}], {"Rita", "Dora"}),
        ([{"manager_of": "requester"}], {"Dora"}),
        ([{"manager_of": "mona@staff.example"}], {"Dora"}),
        ([{"resource_manager_of": "= subject.region"}], {"Rita", "Rolf"}),
        ([{"user": "= 'tina@staff.example'"}], {"Tina"}),
        (
            [{"people": "= ['RITA@staff.example', 'nobody@staff.example', 'tina@staff.example']"}],
            {"Rita", "Tina"},
        ),
        (
            [{"group": "board"}, {"role": "tenant_admin"}, {"user": "rita@staff.example"}],
            {"Rita", "Dora", "Tina"},
        ),
    ):
        assert asked({"stages": [stage(*rules)]}, staff) == expected, rules


def test_owners_and_contacts_are_those_of_the_deal(staff: Staff) -> None:
    deal = contract_of()
    deal.manager = staff.user("Rolf")
    deal.save()
    update_customer(customer_id=deal.customer_id, actor=SYSTEM, owner_id=staff.user("Dora").id)
    contact = Contact.objects.create(customer=deal.customer, name="Ada", email="ada@nordwind.example")
    with unit_of_work(SYSTEM):
        user = ensure_contact_user(contact=contact, actor=SYSTEM)
    change_contact(contact_id=contact.id, role="sponsor", actor=SYSTEM)
    known = {"customer": "K-1"}
    policy = {
        "stages": [stage({"contact": "sponsor", **known}), stage({"owner_of": "customer", "id": "K-1"})]
    }
    publish(policy=policy)
    request = request_of(begin())
    assert names(request) == {"Ada"}
    ada = actor_of_user(get_user(user.id))
    assert list(visible_requests(ada)) == [request]
    other = request_of(begin())
    other_policy = {"stages": [stage({"role": "delivery_director"})]}
    publish(policy=other_policy, key="inside")
    inside = request_of(begin(key="inside"))
    assert set(visible_requests(ada)) == {request, other}
    with pytest.raises(Exception, match="no such approval"):
        decide_request(request_id=inside.id, actor=ada, outcome="approved")
    decide_request(request_id=request.id, actor=ada, outcome="approved", show_hash=request.show_hash)
    request.refresh_from_db()
    assert names(request) == {"Dora"}


def test_what_the_run_carries_says_whose_it_is(staff: Staff) -> None:
    publish(policy={"stages": [stage({"owner_of": "project"})]})
    run = begin()
    assert ExceptionCase.objects.get(run=run).code == "approval_without_approver"
    deal = contract_of(run)
    deal.manager = staff.user("Rolf")
    deal.save()
    retry_step(run_id=run.id, visit="approve#1", actor=SYSTEM, reason="the deal is there now")
    assert names(request_of(run)) == {"Rolf"}


def test_who_prepared_it_and_who_asked_are_left_out_with_the_reason(staff: Staff) -> None:
    rules = stage(
        {"role": "resource_manager", "region": "EU"}, {"role": "tenant_admin"}, {"user": "mona@staff.example"}
    )
    more = f"prepared_by: ['{staff.user('Rita').id}', {{id: '{staff.user('Tina').id}', label: Tina}}]"
    assert asked({"stages": [rules]}, staff, more=more) == {"Rolf"}
    request = ApprovalRequest.objects.get()
    left = {row["label"]: row["reason"] for row in request.stages.get().left_out}
    assert left == {"Rita": "prepared this", "Tina": "prepared this", "Mona": "asked for this"}
    assert [person["label"] for person in request.prepared_by] == [str(staff.user("Rita").id), "Tina"]
    for name, code in (("Rita", "prepared_it"), ("Mona", "own_request")):
        with pytest.raises(NotAnApprover) as caught:
            decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved")
        assert caught.value.code == code


def test_limits_of_authority_are_by_amount_and_currency(staff: Staff) -> None:
    limits = [
        {"role": "resource_manager", "amount": "10000.00", "currency": "EUR"},
        {"user": "rolf@staff.example", "amount": "12000.00", "currency": "EUR"},
        {"role": "tenant_admin", "amount": "99999999.00", "currency": "USD"},
    ]
    rules = stage({"role": "resource_manager"}, {"role": "tenant_admin"}, {"role": "delivery_director"})
    assert asked({"stages": [rules], "limits": limits}, staff) == {"Rolf", "Dora"}
    left = {row["label"]: row["reason"] for row in ApprovalRequest.objects.get().stages.get().left_out}
    assert left["Rita"] == "may decide up to 10,000.00 EUR"
    assert left["Tina"] == "may not decide about amounts in EUR"
    publish(policy={"stages": [stage({"role": "resource_manager"})], "limits": limits}, key="large")
    case = ExceptionCase.objects.get(run=begin(amount="12000.01", key="large"))
    assert case.code == "approval_without_approver"
    assert "Rolf may decide up to 12,000.00 EUR" in case.message


def test_quorums_name_roles_and_mandatory_members(staff: Staff) -> None:
    quorum = {"n": 2, "roles": {"delivery_director": 1}, "mandatory": [{"user": "tina@staff.example"}]}
    publish(
        policy={"stages": [stage({"role": "resource_manager"}, {"role": "delivery_director"}, quorum=quorum)]}
    )
    run = begin()
    request = request_of(run)
    assert names(request) == {"Rita", "Rolf", "Uma", "Dora", "Tina"}
    for name in ("Rita", "Tina"):
        decide_request(request_id=request.id, actor=staff.actor(name), outcome="approved")
        request.refresh_from_db()
        assert request.status == "open"
    decide_request(request_id=request.id, actor=staff.actor("Dora"), outcome="approved")
    run.refresh_from_db()
    assert run.outcome == "completed"


@pytest.mark.parametrize(
    ("rules", "quorum"),
    [
        ([{"group": "board"}], "any"),
        ([{"role": "finance"}], "any"),
        ([{"role": "delivery_director"}], {"mandatory": [{"group": "board"}]}),
        ([{"role": "delivery_director"}], {"roles": {"finance": 1}}),
        ([{"manager_of": "requester"}], "any"),
        ([{"user": "audit@staff.example"}], "any"),
        ([{"contact": "sponsor"}], "any"),
    ],
)
def test_a_stage_without_people_is_told_before_anybody_is_asked(
    rules: list[dict[str, Any]], quorum: Any, staff: Staff
) -> None:
    board(staff)
    create_user(email="audit@staff.example", name="Audit", roles=["auditor"], actor=SYSTEM)
    mona = staff.user("Mona")
    question = Question(show={}, subject=None, requester=Requester(str(mona.id), mona.label))
    asks = whom_to_ask({"stages": [stage(*rules, quorum=quorum)]}, question)
    assert asks.short == 0
    assert nobody_error(asks, 0, question.requester).code == "approval_without_approver"


def test_a_group_that_has_lost_its_members_makes_an_exception_with_an_owner(staff: Staff) -> None:
    group = board(staff, "Rita")
    publish(policy={"stages": [stage({"group": "board"})]})
    remove_member(group_id=group.id, user_id=staff.user("Rita").id, actor=SYSTEM)
    run = begin()
    case = ExceptionCase.objects.get(run=run)
    assert (case.code, case.owner_role) == ("approval_without_approver", "delivery_manager")
    assert "group board" in case.message
    assert not run.approvals.exists()
