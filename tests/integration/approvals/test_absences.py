"""While somebody is away his deputy decides: it waits for him, he is told, and the decision says on whose behalf."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.services import assign_role, create_user, deactivate_user
from apps.approvals.exceptions import (
    DelegationOver,
    DelegationRefused,
    NotAnApprover,
    UnknownDelegation,
)
from apps.approvals.models import ApprovalRequest, Decision, Delegation, RequestFact
from apps.approvals.selectors.requests import inbox
from apps.approvals.services import decide_request
from apps.approvals.services.delegations import create_delegation, withdraw_delegation
from apps.approvals.types import OnBehalf
from apps.core.clock import now
from apps.core.errors import Forbidden, Invalid
from apps.core.money import Money
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.messaging.models import Message
from apps.workflows.models import CalendarAssignment, Run
from apps.workflows.services.calendars import assign_calendar, save_calendar
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def away(staff: Staff, who: str, deputy: str | None, **values: Any) -> Delegation:
    """``who`` is away from a moment ago for three days."""
    given = {"begins_at": now() - timedelta(minutes=1), "ends_at": now() + timedelta(days=3), **values}
    taker = staff.user(deputy).pk if deputy else None
    return create_delegation(actor=staff.actor(who), taker_id=taker, **given)


def waiting(request: ApprovalRequest, staff: Staff) -> set[str]:
    request.refresh_from_db()
    names = {staff.user(name).pk: name for name in ("Rita", "Rolf", "Uma", "Dora", "Mona", "Tina")}
    return {names[user] for user in request.waiting_for}


def decide(request: ApprovalRequest, staff: Staff, name: str, **values: Any) -> ApprovalRequest:
    return decide_request(
        request_id=request.id, actor=staff.actor(name), **{"outcome": "approved", "comment": "ok", **values}
    )


def test_a_new_request_waits_for_the_deputy_and_names_whom_he_stands_in_for(staff: Staff) -> None:
    away(staff, "Rita", "Mona")
    publish()
    run = begin()
    request = request_of(run)
    assert waiting(request, staff) == {"Rita", "Rolf", "Mona"}
    assert inbox(staff.actor("Mona")).get() == request
    decide(request, staff, "Mona")
    decision = Decision.objects.get(request=request)
    assert decision.user_label == "Mona"
    assert decision.on_behalf_of == {"id": str(staff.user("Rita").pk), "label": "Rita"}
    noted = AuditEntry.objects.filter(action="approval_request.approve").latest("id")
    assert (noted.actor_label, noted.after["on_behalf_of"]) == ("Mona", "Rita")
    assert OutboxMessage.objects.get(type="approval.decided").data["on_behalf_of"] == "Rita"
    run.refresh_from_db()
    assert (run.status, run.outcome) == ("completed", "completed")


def test_who_is_away_may_still_decide_himself(staff: Staff) -> None:
    away(staff, "Rita", "Mona")
    publish()
    request = request_of(begin())
    decide(request, staff, "Rita")
    assert Decision.objects.get().on_behalf_of is None


def test_the_deputy_who_asked_does_not_decide(staff: Staff) -> None:
    away(staff, "Rita", "Mona")
    publish(requested_by=f'"{staff.user("Mona").id}"')
    request = request_of(begin())
    assert waiting(request, staff) == {"Rita", "Rolf"}
    with pytest.raises(NotAnApprover) as caught:
        decide(request, staff, "Mona")
    assert caught.value.code == "own_request"


def test_nobody_gets_round_separation_by_standing_in(staff: Staff) -> None:
    """Rolf approves the first stage for himself; for Dora, whose deputy he is, he must not approve the second."""
    away(staff, "Dora", "Rolf")
    publish()
    request = request_of(begin(amount="60000.00"))
    decide(request, staff, "Rolf")
    assert waiting(request, staff) == {"Dora"}
    with pytest.raises(NotAnApprover) as caught:
        decide(request, staff, "Rolf")
    assert caught.value.code == "approved_before"


def test_a_wish_to_act_for_somebody_is_checked(staff: Staff) -> None:
    away(staff, "Rita", "Mona")
    publish()
    request = request_of(begin())
    for wished in ("Rolf", "Dora"):
        with pytest.raises(NotAnApprover) as caught:
            decide(request, staff, "Mona", on_behalf_of=OnBehalf(str(staff.user(wished).pk), wished))
        assert caught.value.code == "not_deputy"
    decide(request, staff, "Mona", on_behalf_of=OnBehalf(str(staff.user("Rita").pk), "whatever"))
    assert (Decision.objects.get().on_behalf_of or {})["label"] == "Rita"


def test_what_waits_already_follows_who_goes_and_comes_back(staff: Staff, drain: Callable[..., int]) -> None:
    publish()
    request = request_of(begin())
    row = away(staff, "Rita", "Mona")
    assert waiting(request, staff) == {"Rita", "Rolf"}
    drain()
    assert waiting(request, staff) == {"Rita", "Rolf", "Mona"}
    fact = RequestFact.objects.get(request=request)
    assert (fact.kind, [person["label"] for person in fact.people]) == ("stands_in", ["Mona"])
    told = Message.objects.get(key="deputy-begins")
    assert (told.to_email, "Rita" in told.text) == (staff.user("Mona").email, True)
    withdraw_delegation(delegation_id=row.id, actor=staff.actor("Rita"))
    drain()
    assert waiting(request, staff) == {"Rita", "Rolf"}
    with pytest.raises(NotAnApprover):
        decide(request, staff, "Mona")
    with pytest.raises(DelegationOver):
        withdraw_delegation(delegation_id=row.id, actor=staff.actor("Rita"))


def test_only_the_deputy_is_mailed(staff: Staff, drain: Callable[..., int]) -> None:
    away(staff, "Rita", "Mona")
    publish()
    begin()
    drain()
    asked = Message.objects.filter(key="approval-requested").values_list("to_email", flat=True)
    assert set(asked) == {staff.user("Mona").email, staff.user("Rolf").email}


def test_scope_and_limit_hold(staff: Staff) -> None:
    away(staff, "Rita", "Mona", limit=Money(Decimal(20000), "EUR"), policies=["staffing-approval"])
    publish()
    assert waiting(request_of(begin(amount="20000.00")), staff) == {"Rita", "Rolf", "Mona"}
    assert waiting(request_of(begin(amount="20000.01")), staff) == {"Rita", "Rolf"}


def test_a_deputy_who_has_left_decides_for_nobody(staff: Staff, drain: Callable[..., int]) -> None:
    away(staff, "Rita", "Mona")
    publish()
    request = request_of(begin())
    deactivate_user(user_id=staff.user("Mona").pk, actor=SYSTEM)
    drain()
    assert waiting(request, staff) == {"Rita", "Rolf"}


def test_rings_and_long_chains_are_refused_by_name(staff: Staff) -> None:
    away(staff, "Rita", "Rolf")
    away(staff, "Rolf", "Uma")
    with pytest.raises(DelegationRefused) as caught:
        away(staff, "Uma", "Rita")
    assert (caught.value.code, set(caught.value.extra["people"])) == (
        "delegation_ring",
        {"Rita", "Rolf", "Uma"},
    )
    away(staff, "Uma", "Dora")
    with pytest.raises(DelegationRefused) as caught:
        away(staff, "Dora", "Mona")
    assert caught.value.code == "delegation_chain"
    assert "Dora \N{RIGHTWARDS ARROW} Mona" in caught.value.detail


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"taker_id": "self"}, "/deputy_id"),
        ({"taker_id": "stranger"}, "/deputy_id"),
        ({"ends_at": now() - timedelta(hours=1)}, "/ends_at"),
        ({"begins_at": date(2026, 12, 24), "ends_at": date(2026, 12, 23)}, "/ends_at"),
        ({"begins_at": date(1000, 1, 1)}, "/begins_at"),
        ({"policies": ["no-such-policy"]}, "/policies/0"),
        ({"limit": Money(Decimal(0), "EUR")}, "/limit"),
    ],
    ids=["self", "no decider", "past", "ends before", "far away", "policy", "limit"],
)
def test_what_cannot_be_is_named(staff: Staff, values: dict[str, Any], pointer: str) -> None:
    people = {
        "self": staff.user("Rita").pk,
        "stranger": create_user(email="ava@staff.example", roles=["auditor"], actor=SYSTEM).pk,
    }
    given = {"begins_at": now() - timedelta(days=2), **values}
    given["taker_id"] = people.get(given.get("taker_id", ""), staff.user("Mona").pk)
    with pytest.raises(Invalid) as caught:
        create_delegation(actor=staff.actor("Rita"), **given)
    assert caught.value.errors[0].pointer == pointer


def test_days_are_those_of_the_person(staff: Staff) -> None:
    hours = [[["09:00", "17:00"]]] * 5 + [[], []]
    save_calendar(key="tokyo", name="Tokyo", zone="Asia/Tokyo", hours=hours, holidays=[], actor=SYSTEM)
    assign_calendar(subject=f"user/{staff.user('Rita').pk}", key="tokyo", actor=SYSTEM)
    assert CalendarAssignment.objects.exists()
    row = create_delegation(
        actor=staff.actor("Rita"), begins_at=date(2030, 1, 1), ends_at=date(2030, 1, 2), taker_id=None
    )
    assert row.zone == "Asia/Tokyo"
    assert (row.begins_at.isoformat(), row.ends_at and row.ends_at.isoformat()) == (
        "2029-12-31T15:00:00+00:00",
        "2030-01-02T15:00:00+00:00",
    )


def test_others_absences_are_for_who_leads(staff: Staff) -> None:
    values: dict[str, Any] = {"begins_at": now(), "giver_id": staff.user("Rita").pk}
    with pytest.raises(Forbidden):
        create_delegation(actor=staff.actor("Mona"), **values)
    row = create_delegation(actor=staff.actor("Tina"), taker_id=staff.user("Mona").pk, **values)
    assert (row.source, row.made_by) == ("admin", "Tina")
    with pytest.raises(UnknownDelegation):
        withdraw_delegation(delegation_id=row.id, actor=staff.actor("Uma"))
    with pytest.raises(Forbidden):
        withdraw_delegation(delegation_id=row.id, actor=staff.actor("Mona"))
    withdraw_delegation(delegation_id=row.id, actor=staff.actor("Rita"))


def test_a_run_of_two_stages_by_two_deputies(staff: Staff) -> None:
    assign_role(user_id=staff.user("Uma").pk, role="approver", actor=SYSTEM)
    away(staff, "Rita", "Mona")
    away(staff, "Rolf", "Mona")
    away(staff, "Dora", "Uma")
    publish()
    run: Run = begin(amount="60000.00")
    request = request_of(run)
    decide(request, staff, "Mona")
    assert waiting(request, staff) == {"Dora", "Uma"}
    decide(request, staff, "Uma")
    run.refresh_from_db()
    assert run.outcome == "completed"
    pairs = {(row.user_label, (row.on_behalf_of or {})["label"]) for row in Decision.objects.all()}
    assert pairs in ({("Mona", "Rita"), ("Uma", "Dora")}, {("Mona", "Rolf"), ("Uma", "Dora")})
