"""The inbox: what waits for me, most urgent first, said in the title."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.money import Money
from apps.portal.selectors.inbox import Inbox, InboxItem
from apps.portal.views.inbox import inbox_title
from tests.integration.delivery.contracts import another_customer, contract

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


def item(kind="decision", *, age=0, due=None, amount=None):
    return InboxItem(
        kind, "", "", "", "", "", "", NOW - timedelta(days=age), due, Money(amount, "EUR") if amount else None
    )


@pytest.mark.parametrize(
    ("inbox", "title"),
    [
        (Inbox([], 0, 0, 0), "Nothing waits for you"),
        (Inbox([item(age=0)], 1, 0, 0), "1 decision waits for you, since 15:00"),
        (Inbox([item(age=2), item(age=1)], 2, 0, 0), "2 decisions wait for you, the oldest since Tuesday"),
        (Inbox([item(age=1)], 0, 1, 0), "1 task waits for you, since yesterday"),
        (Inbox([item(age=30)], 0, 0, 1), "1 exception waits for you, since 10 February"),
        (
            Inbox([item(age=400)], 3, 1, 2),
            "3 decisions, 1 task and 2 exceptions wait for you, the oldest since 5 February 2025",
        ),
    ],
)
def test_the_title_is_the_answer(inbox, title):
    assert inbox_title(inbox, NOW) == title


def test_urgency_is_by_deadline_then_money_then_age():
    later, sooner = NOW + timedelta(days=2), NOW + timedelta(hours=1)
    small, large = item(due=later, amount=10), item(due=later, amount=90)
    first, undated, older = item(due=sooner), item(age=1), item(age=9)
    found = sorted([undated, small, older, large, first], key=lambda one: one.urgency)
    assert found == [first, large, small, older, undated]


def test_what_waits_for_whom(office, run, resource_manager, manager, admin):
    page = resource_manager.get("/")
    assert page.has(
        "1 decision waits for you",
        "Approve the team: Nordwind ERP rollout C-1001",
        "for Nordwind GmbH",
        "You decide as: Resource manager of the region",
        "due in 1 d 23 h",
        "120,000.00 EUR",
    )
    assert manager.get("/").has(
        "1 exception waits for you", "Security annex is missing.", "Owned by the delivery manager"
    )
    empty = admin.get("/")
    assert empty.has("Nothing waits for you", "All done", "Look at the projects")


def test_one_kind_alone(office, run, manager):
    assert "Security annex is missing" in manager.get("/", kind="exception").words
    assert manager.get("/", kind="decision").has("Nothing of this kind waits for you", "Show everything")
    assert manager.get("/", kind="nonsense").has("Security annex is missing")


def test_the_number_of_queries_does_not_grow(office, manager, resource_manager):
    office.sign(contract(without=("security_annex",)))
    before = manager.cost("/"), resource_manager.cost("/")
    for number in range(3):
        office.sign(another_customer(f"C-30{number}") | {"documents": []})
    after = manager.cost("/"), resource_manager.cost("/")
    assert after == before
    assert max(after) <= 9
