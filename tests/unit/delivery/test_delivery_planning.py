"""Milestones from a plan or from the contract."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import Money
from apps.delivery.exceptions import UnreadablePlan
from apps.delivery.planning import plan_milestones

START = date(2026, 3, 2)


def planned(amount, plan, contracted=()):
    return plan_milestones(
        amount=Money(Decimal(amount), "EUR"), start_on=START, plan=plan, contracted=contracted
    )


def test_shares_become_amounts_and_days_become_dates():
    plan = [
        {"key": "kickoff", "title": "Kickoff", "share": 20, "days": 14},
        {"key": "go-live", "title": "Go-live", "share": 80, "days": 60},
    ]
    first, last = planned("120000.00", plan)
    assert (first.key, first.amount, first.due_on) == ("kickoff", Decimal("24000.00"), date(2026, 3, 16))
    assert (last.key, last.amount, last.due_on) == ("go-live", Decimal("96000.00"), date(2026, 5, 1))


@given(
    st.decimals(min_value=0, max_value=Decimal("999999999.99"), places=2),
    st.lists(st.integers(1, 60), min_size=1, max_size=8),
)
def test_no_cent_is_lost(amount, weights):
    shares = [Decimal(100) * weight / sum(weights) for weight in weights]
    shares[-1] = 100 - sum(shares[:-1])
    plan = [
        {"key": f"m{n}", "title": f"M {n}", "share": str(share), "days": n} for n, share in enumerate(shares)
    ]
    assert sum(item.amount for item in planned(amount, plan)) == amount


def test_what_the_contract_names_takes_precedence():
    contracted = [
        {"name": "Kickoff Workshop", "amount": {"amount": "5000.00", "currency": "EUR"}, "due": "2026-04-01"},
        {"name": "Kickoff workshop", "amount": {"amount": "7000.00", "currency": "EUR"}, "due": None},
    ]
    first, second = planned("12000.00", [{"key": "x", "title": "X", "share": 100, "days": 1}], contracted)
    assert (first.key, first.title, first.due_on) == (
        "kickoff-workshop",
        "Kickoff Workshop",
        date(2026, 4, 1),
    )
    assert (second.key, second.amount, second.due_on) == ("kickoff-workshop-2", Decimal("7000.00"), None)


@pytest.mark.parametrize(
    "plan",
    [
        [],
        [{"key": "a", "title": "A", "share": 99, "days": 1}],
        [{"key": "a", "title": "A", "days": 1}],
        [{"key": "a", "title": "A", "share": "much", "days": 1}],
        [
            {"key": "a", "title": "A", "share": 120, "days": 1},
            {"key": "b", "title": "B", "share": -20, "days": 1},
        ],
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(plan):
    with pytest.raises(UnreadablePlan):
        planned("100.00", plan)
