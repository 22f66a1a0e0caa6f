"""The inbox: what waits for me, most urgent first, said in the title."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.inbox.types import Counts, KindCount
from apps.portal.inbox_titles import inbox_lede, inbox_title
from tests.integration.delivery.contracts import another_customer, contract

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


def counts(decision=0, task=0, exception=0, *, age=0, **more):
    numbers = {"decision": decision, "task": task, "exception": exception}
    since = NOW - timedelta(days=age)
    held = {
        kind: KindCount(waiting=number, oldest=since, **more) for kind, number in numbers.items() if number
    }
    return Counts(held, "")


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (counts(), "Nothing waits for you"),
        (counts(1), "1 decision waits for you, since 15:00"),
        (counts(2, age=2), "2 decisions wait for you, the oldest since Tuesday"),
        (counts(task=1, age=1), "1 task waits for you, since yesterday"),
        (counts(exception=1, age=30), "1 exception waits for you, since 10 February"),
        (
            counts(3, 1, 2, age=400),
            "3 decisions, 1 task and 2 exceptions wait for you, the oldest since 5 February 2025",
        ),
    ],
)
def test_the_title_is_the_answer(found, title):
    assert inbox_title(found, NOW) == title


def test_what_else_is_to_know_of_it():
    assert (
        inbox_lede(counts(3, overdue=2, unread=1, snoozed=4))
        == "2 overdue, 1 not looked at yet and 4 snoozed."
    )
    assert inbox_lede(counts(3)) == ""


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
    assert max(after) <= 14
