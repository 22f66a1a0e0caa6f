"""The predicates of billing, each with its words."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from apps.delivery.readiness import check_readiness
from apps.delivery.types import BillingFacts

READY = BillingFacts(
    accepted_by="Ada Lovelace",
    accepted_at=datetime(2026, 3, 3, 10, tzinfo=UTC),
    psa_project_id="PRJ-000001",
    time_submitted=0,
    time_approved=3,
    time_total_hours="24.5",
    order_number="PO-77",
    order_valid_until=date(2026, 12, 31),
    order_known=True,
    erp_customer_id="CUS-000001",
    today=date(2026, 3, 4),
)


def test_all_is_well():
    predicates = check_readiness(READY)
    assert [item.id for item in predicates] == [
        "accepted",
        "time_approved",
        "purchase_order_valid",
        "customer_known_to_erp",
    ]
    assert all(item.passed for item in predicates)
    assert predicates[0].explanation == "Ada Lovelace accepted it on 3 March 2026."
    assert predicates[1].explanation == "All booked time is approved in the PSA: 24.5 hours."
    assert predicates[2].explanation == "Purchase order PO-77 is valid until 31 December 2026."


@pytest.mark.parametrize(
    ("change", "failing", "words"),
    [
        ({"accepted_at": None}, "accepted", "has not accepted"),
        ({"psa_project_id": ""}, "time_approved", "not linked to the PSA"),
        ({"time_submitted": None}, "time_approved", "could not be asked"),
        ({"time_submitted": 1}, "time_approved", "1 time entry waits"),
        ({"time_submitted": 2}, "time_approved", "2 time entries wait"),
        ({"order_number": ""}, "purchase_order_valid", "no purchase order"),
        ({"order_known": None}, "purchase_order_valid", "could not be asked"),
        ({"order_known": False}, "purchase_order_valid", "no open purchase order PO-77"),
        ({"order_valid_until": date(2026, 3, 3)}, "purchase_order_valid", "ran out on 3 March 2026"),
        ({"erp_customer_id": ""}, "customer_known_to_erp", "not been created in the ERP"),
    ],
)
def test_each_obstacle_is_named(change, failing, words):
    predicates = check_readiness(replace(READY, **change))
    failed = [item for item in predicates if not item.passed]
    assert [item.id for item in failed] == [failing]
    assert words in failed[0].explanation


def test_the_last_valid_day_still_counts():
    assert all(item.passed for item in check_readiness(replace(READY, order_valid_until=READY.today)))
