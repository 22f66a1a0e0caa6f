"""When a policy has who decides prove himself again."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.approvals.policy import parse_policy, plan_request
from apps.approvals.policy_schema import policy_schema
from apps.core.errors import Invalid
from apps.core.money import Money

ROLES = frozenset({"finance"})
SCHEMA = Draft202012Validator(policy_schema(ROLES))


def policy_of(step_up: Any, own: Any = None) -> dict[str, Any]:
    stage: dict[str, Any] = {"name": "Finance", "approvers": {"role": "finance"}}
    return {"stages": [stage | ({} if own is None else {"step_up": own})], "step_up": step_up}


def because(definition: dict[str, Any], amount: str = "", currency: str = "EUR", decides: Any = ()) -> str:
    money = Money.from_json({"amount": amount, "currency": currency}) if amount else None
    policy = parse_policy(definition, roles=ROLES)
    return plan_request(policy, {"show": {}}, money=money, decides=decides).stages[0].step_up


def test_above_an_amount_only_what_is_more_is_asked_for() -> None:
    policy = policy_of({"above": "10000.00", "currency": "EUR"})
    assert because(policy, "10000.00") == ""
    assert because(policy, "10000.01") == "more than 10,000.00 EUR is at stake"
    assert because(policy) == ""
    # It cannot be compared, so it is asked for rather than let through.
    assert "USD" in because(policy, "1.00", "USD")


def test_kinds_of_decision_and_amounts_are_either_enough() -> None:
    policy = policy_of({"above": "10000", "currency": "EUR", "for": ["financial", "compliance"]})
    assert because(policy, "1.00", decides=["contractual"]) == ""
    assert because(policy, "1.00", decides=["compliance"]) == "the decision is compliance"
    assert because(policy, "20000.00", decides=[]) != ""


def test_the_stage_goes_before_the_policy() -> None:
    assert because(policy_of("always")) != ""
    assert because(policy_of("always", "never")) == ""
    assert because(policy_of("never", "always")) != ""


def test_nobody_asked_is_nobody_proved() -> None:
    definition = policy_of("always")
    definition["stages"][0]["when"] = "false"
    assert because(definition) == ""


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ("sometimes", "/step_up"),
        ({}, "/step_up"),
        ({"above": "10000.00"}, "/step_up/above"),
        ({"above": "a lot", "currency": "EUR"}, "/step_up/above"),
        ({"above": "-1", "currency": "EUR"}, "/step_up/above"),
        ({"for": ["important"]}, "/step_up/for"),
        ({"for": "financial"}, "/step_up/for"),
        ({"for": ["financial"], "currency": "EUR"}, "/step_up/currency"),
        ({"for": ["financial"], "above_all": 1}, "/step_up/above_all"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(wrong: Any, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_policy(policy_of(wrong), roles=ROLES)
    assert [problem.pointer for problem in refused.value.errors] == [place]
    assert not SCHEMA.is_valid(policy_of(wrong))


@pytest.mark.parametrize(
    "right", ["always", "never", {"above": "5.00", "currency": "EUR"}, {"for": ["contractual"]}]
)
def test_what_is_read_fits_the_schema(right: Any) -> None:
    parse_policy(policy_of(right), roles=ROLES)
    assert SCHEMA.is_valid(policy_of(right))
