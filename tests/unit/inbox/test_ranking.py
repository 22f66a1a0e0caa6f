"""The order of the inbox: deadline, brought forward by money and by a customer who waits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from apps.inbox.choices import ItemKind
from apps.inbox.ranking import CUSTOMER_WAITS, MONEY_FROM, MONEY_STEP, UNDATED, urgent_at

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
MOMENTS = st.integers(0, 3650 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
AMOUNTS = st.decimals(Decimal(0), Decimal(10) ** 12, places=2)


def at(*, due=None, amount=None, customer=False, kind=ItemKind.DECISION, age=0):
    since = NOW - timedelta(days=age)
    money = None if amount is None else Decimal(amount)
    return urgent_at(kind, since=since, due_at=due, amount=money, customer_waits=customer)


def test_the_deadline_counts_first():
    assert at(due=NOW + timedelta(hours=1)) < at(due=NOW + timedelta(days=2), amount=90)


def test_each_tenfold_of_money_brings_it_a_step_forward():
    due = NOW + timedelta(days=2)
    steps = [
        (due - at(due=due, amount=amount)) / MONEY_STEP for amount in (0, 9_999, 10_000, 10**5, 10**6, 10**9)
    ]
    assert steps == [0, 0, 1, 2, 3, 4]


def test_a_customer_who_waits_comes_before_a_colleague():
    due = NOW + timedelta(days=2)
    assert at(due=due) - at(due=due, customer=True) == CUSTOMER_WAITS


def test_nothing_sinks_to_the_end_for_ever():
    assert at(age=9) < at(due=NOW + timedelta(hours=1))
    assert at(kind=ItemKind.EXCEPTION) == NOW + UNDATED[ItemKind.EXCEPTION]


@given(
    due=MOMENTS, later=st.timedeltas(timedelta(), timedelta(days=900)), amount=AMOUNTS, customer=st.booleans()
)
def test_a_later_deadline_never_comes_first(due, later, amount, customer):
    first = urgent_at(ItemKind.DECISION, since=NOW, due_at=due, amount=amount, customer_waits=customer)
    second = urgent_at(
        ItemKind.DECISION, since=NOW, due_at=due + later, amount=amount, customer_waits=customer
    )
    assert first <= second


@given(due=MOMENTS, amount=AMOUNTS, more=AMOUNTS)
def test_more_money_never_comes_later(due, amount, more):
    less = urgent_at(ItemKind.DECISION, since=NOW, due_at=due, amount=amount)
    assert urgent_at(ItemKind.DECISION, since=NOW, due_at=due, amount=amount + more) <= less
    assert due - less <= len(MONEY_FROM) * MONEY_STEP
