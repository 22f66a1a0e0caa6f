"""Deciding where the policy asks who decides to prove himself again: what proves, what does not, and for how long."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.exceptions import TooManyAttempts, WrongCode
from apps.accounts.models import SignInAttempt, User
from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.selectors.acting import actor_today
from apps.accounts.services import create_api_key
from apps.approvals.exceptions import StepUpRequired, UnknownRequest
from apps.approvals.models import ApprovalRequest, Decision, StepUpProof
from apps.approvals.services import decide_request
from apps.approvals.services.stepping_up import (
    begin_step_up_by_mail,
    confirm_step_up_by_mail,
    step_up_by_code,
)
from apps.approvals.services.trying import sample_of, try_policy
from apps.core import clock
from apps.delivery.models import Contact, Customer
from apps.delivery.services.contact_users import ensure_contact_user
from apps.delivery.services.customers import change_contact
from apps.ledger.models import AuditEntry
from apps.ledger.services import unit_of_work
from apps.messaging.models import Message
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of
from tests.integration.approvals.proving import ANY_MANAGER, asked_again, code_of, with_app

pytestmark = pytest.mark.django_db


def decide(request: Any, actor: Any, proof: Any = None, outcome: str = "approved", **more: Any) -> Any:
    return decide_request(
        request_id=request.id, actor=actor, outcome=outcome, step_up=proof.id if proof else None, **more
    )


def prove(request: Any, staff: Staff, name: str, ahead: int = 0) -> StepUpProof:
    wanted = [(request.id, request.show_hash)]
    return step_up_by_code(actor=staff.actor(name), code=code_of(staff.user(name), ahead), wanted=wanted)[0]


def test_without_a_proof_nothing_is_decided_and_with_one_it_is_on_record(staff: Staff) -> None:
    request, rita = asked_again(), staff.actor("Rita")
    with pytest.raises(StepUpRequired) as refused:
        decide(request, rita)
    assert refused.value.extra["methods"] == ["totp", "passkey"]
    assert not Decision.objects.exists()
    with_app(staff.user("Rita"))
    proof = prove(request, staff, "Rita")
    decide(request, rita, proof)
    decision = Decision.objects.get()
    record = json.loads(decision.record)
    assert record["step_up"]["proof"] == str(proof.id)
    assert record["authenticated"][-1] == {"method": "totp", "at": record["step_up"]["at"], "again": True}
    assert decision.confirmed_by == "totp"
    assert AuditEntry.objects.filter(action="step_up_proof.give").count() == 1


def test_rejecting_and_abstaining_need_it_too(staff: Staff) -> None:
    request = asked_again()
    for outcome in ("rejected", "abstained", "changes_requested"):
        with pytest.raises(StepUpRequired):
            decide(request, staff.actor("Rita"), outcome=outcome, comment="No.")


def test_a_proof_is_good_once_for_one_request_one_person_and_five_minutes(
    staff: Staff, monkeypatch: Any
) -> None:
    first, second = asked_again(key="one"), asked_again(key="two")
    with_app(staff.user("Rita"))
    with_app(staff.user("Rolf"))
    proof = prove(first, staff, "Rita")
    for request, name in ((second, "Rita"), (first, "Rolf")):
        with pytest.raises(StepUpRequired):
            decide(request, staff.actor(name), proof)
    later = clock.now() + timedelta(minutes=5, seconds=1)
    with monkeypatch.context() as shifted:
        shifted.setattr("apps.approvals.services.stepping_up.now", lambda: later)
        with pytest.raises(StepUpRequired, match="too long ago"):
            decide(first, staff.actor("Rita"), proof)
    decide(first, staff.actor("Rita"), proof)
    with pytest.raises(StepUpRequired):
        decide(second, staff.actor("Rita"), proof)


def test_a_proof_is_for_what_was_seen(staff: Staff) -> None:
    request = asked_again(more="editable: [region]")
    with_app(staff.user("Rita"))
    seen = [(request.id, "0" * 64)]
    other = step_up_by_code(actor=staff.actor("Rita"), code=code_of(staff.user("Rita")), wanted=seen)[0]
    with pytest.raises(StepUpRequired):
        decide(request, staff.actor("Rita"), other)


def test_a_refused_decision_leaves_the_proof_unused(staff: Staff) -> None:
    request = asked_again()
    with_app(staff.user("Rita"))
    proof = prove(request, staff, "Rita")
    with pytest.raises(Exception, match="reason_required"):
        decide(request, staff.actor("Rita"), proof, outcome="rejected")
    decide(request, staff.actor("Rita"), proof, outcome="rejected", comment="Too dear.")
    assert StepUpProof.objects.get().used_at is not None


def test_a_code_works_once_and_wrong_ones_lock(staff: Staff) -> None:
    request = asked_again()
    rita = staff.user("Rita")
    with_app(rita)
    code = code_of(rita)
    wanted = [(request.id, request.show_hash)]
    step_up_by_code(actor=staff.actor("Rita"), code=code, wanted=wanted)
    for _ in range(8):
        with pytest.raises(WrongCode):
            step_up_by_code(actor=staff.actor("Rita"), code=code, wanted=wanted)
    with pytest.raises(TooManyAttempts):
        step_up_by_code(actor=staff.actor("Rita"), code=code_of(rita, ahead=1), wanted=wanted)
    assert SignInAttempt.objects.filter(email=rita.email, method="factor").count() == 8


def test_programs_never_pass(staff: Staff) -> None:
    request = asked_again()
    rita = staff.user("Rita")
    with_app(rita)
    key, _text = create_api_key(user_id=rita.id, name="Robot", scopes=["*"], actor=SYSTEM, days=1)
    robot = actor_today({"kind": "key", "id": str(key.id)})
    assert robot is not None
    with pytest.raises(StepUpRequired, match="program"):
        step_up_by_code(actor=robot, code=code_of(rita), wanted=[(request.id, request.show_hash)])
    # Not even with the proof that its owner gave.
    with pytest.raises(StepUpRequired, match="program"):
        decide(request, robot, prove(request, staff, "Rita"))


def test_somebody_without_a_factor_is_told_where_to_get_one(staff: Staff) -> None:
    request = asked_again()
    with pytest.raises(StepUpRequired) as refused:
        step_up_by_code(actor=staff.actor("Rita"), code="123456", wanted=[(request.id, request.show_hash)])
    assert "/settings/security/" in refused.value.extra["remedy"]
    with_app(staff.user("Rita"))
    with pytest.raises(UnknownRequest):
        step_up_by_code(actor=staff.actor("Rita"), code="123456", wanted=[(uuid4(), "")])


def test_what_the_step_and_the_template_say_decides_for_which_it_is_asked(staff: Staff) -> None:
    step_up = {"for": ["financial"], "above": "50000.00", "currency": "EUR"}
    plain = asked_again(step_up, key="plain")
    decide(plain, staff.actor("Rita"))
    money = asked_again(step_up, key="money", more="decides: [financial, contractual]")
    assert money.decides == ["financial", "contractual"]
    with pytest.raises(StepUpRequired, match="the decision is financial"):
        decide(money, staff.actor("Rita"))
    large = request_of(begin(key="plain", amount="60000.00"))
    with pytest.raises(StepUpRequired, match=r"more than 50,000\.00 EUR"):
        decide(large, staff.actor("Rita"))
    trial = try_policy(definition={**ANY_MANAGER, "step_up": step_up}, question=sample_of(money))
    assert trial.stages[0]["step_up"] == "the decision is financial"


def test_a_correction_that_comes_to_need_it_is_asked_for_it(staff: Staff) -> None:
    request = asked_again({"above": "50000.00", "currency": "EUR"}, more="editable: [amount]")
    with_app(staff.user("Rita"))
    change = {"amount": {"amount": "70000.00", "currency": "EUR"}}
    with pytest.raises(StepUpRequired):
        decide(request, staff.actor("Rita"), corrections=change)
    decide(request, staff.actor("Rita"), prove(request, staff, "Rita"), corrections=change)
    assert Decision.objects.get().confirmed_by == "totp"


@pytest.fixture
def contact(staff: Staff) -> User:
    """One of a customer's people, whom a request asks."""
    nordwind = Customer.objects.create(external_id="K-1", name="Nordwind")
    kai = Contact.objects.create(customer=nordwind, name="Kai", email="kai@nordwind.example")
    with unit_of_work(SYSTEM):
        made = ensure_contact_user(contact=kai, actor=SYSTEM)
    change_contact(contact_id=kai.id, role="sponsor", actor=SYSTEM)
    return get_user(made.id)


def asking_contact() -> ApprovalRequest:
    stage = {"name": "Customer", "approvers": {"contact": "sponsor", "customer": "K-1"}}
    publish({"stages": [stage], "step_up": "always"}, key="customer")
    return request_of(begin(key="customer"))


def mailed_code() -> str:
    text = Message.objects.filter(key="decision-code").order_by("-id")[0].text
    return re.findall(r"\b\d{8}\b", text)[0]


def test_contacts_prove_themselves_by_a_code_mailed_for_this_decision(contact: User) -> None:
    request, kai = asking_contact(), actor_of_user(contact)
    this = {"actor": kai, "request_id": request.id, "show_hash": request.show_hash}
    begin_step_up_by_mail(**this)
    first = mailed_code()
    begin_step_up_by_mail(**this)
    for wrong in (first, "", "00000000" if mailed_code() != "00000000" else "11111111"):
        with pytest.raises(WrongCode):
            confirm_step_up_by_mail(**this, code=wrong)
    proof = confirm_step_up_by_mail(**this, code=mailed_code())
    with pytest.raises(WrongCode):
        confirm_step_up_by_mail(**this, code=mailed_code())
    decide(request, kai, proof)
    assert Decision.objects.get().confirmed_by == "mail_code"


def test_a_mailed_code_is_for_contacts_and_what_was_not_confirmed_is_no_proof(
    staff: Staff, contact: User
) -> None:
    request = asking_contact()
    this = {"request_id": request.id, "show_hash": request.show_hash}
    with pytest.raises(StepUpRequired):
        begin_step_up_by_mail(actor=staff.actor("Rita"), **this)
    begin_step_up_by_mail(actor=actor_of_user(contact), **this)
    with pytest.raises(StepUpRequired):
        decide(request, actor_of_user(contact), StepUpProof.objects.get())


def test_mailed_codes_are_limited(contact: User) -> None:
    request = asking_contact()
    this = {"actor": actor_of_user(contact), "request_id": request.id, "show_hash": request.show_hash}
    for _ in range(5):
        begin_step_up_by_mail(**this)
    with pytest.raises(TooManyAttempts):
        begin_step_up_by_mail(**this)
    for _ in range(8):
        with pytest.raises(WrongCode):
            confirm_step_up_by_mail(**this, code="x")
    with pytest.raises(TooManyAttempts):
        confirm_step_up_by_mail(**this, code=mailed_code())
