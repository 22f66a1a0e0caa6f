"""What a policy says, and how it complains."""

from typing import Any

import pytest

from apps.approvals.policy import Quorum, parse_policy, plan
from apps.approvals.seeds import STAFFING_APPROVAL
from apps.core.errors import Invalid
from apps.core.expressions import ExpressionError

ROLES = {"resource_manager", "delivery_director", "finance"}


def policy_of(**stage: Any) -> dict[str, Any]:
    return {"stages": [{"name": "One", "approvers": {"role": "finance"}, **stage}]}


def complaints(definition: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse_policy(definition, roles=ROLES)
    assert all(problem.remedy for problem in caught.value.errors)
    return {problem.pointer: problem.code for problem in caught.value.errors}


def test_the_seeded_policy_asks_the_director_only_above_the_limit() -> None:
    policy = parse_policy(STAFFING_APPROVAL, roles=ROLES)
    small = plan(
        policy, {"show": {"amount": {"amount": "50000.00", "currency": "EUR"}}, "subject": {"region": "EU"}}
    )
    large = plan(policy, {"show": {"amount": {"amount": "50000.01", "currency": "EUR"}, "region": "US"}})
    assert [(stage.approvers[0].value, stage.approvers[0].within, stage.skipped) for stage in small] == [
        ("resource_manager", "EU", False),
        ("delivery_director", "", True),
    ]
    assert [(stage.approvers[0].within, stage.skipped) for stage in large] == [("US", False), ("", False)]
    assert small[1].reason == "not: amount.value > 50000.0"


def test_separation_of_duties_is_on_unless_switched_off() -> None:
    strict = parse_policy(policy_of(), roles=ROLES).separation
    loose = parse_policy(policy_of() | {"separation": {"not_twice": False}}, roles=ROLES).separation
    assert (strict.not_requester, strict.not_twice) == (True, True)
    assert (loose.not_requester, loose.not_twice) == (True, False)


@pytest.mark.parametrize(
    ("definition", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ({}, "/stages", "stages"),
        ({"stages": [], "separation": 1}, "/separation", "not_an_object"),
        (policy_of() | {"stage": 1}, "/stage", "unknown_member"),
        (policy_of(name=" "), "/stages/0/name", "required"),
        (policy_of(quorums="all"), "/stages/0/quorums", "unknown_member"),
        (policy_of(quorum={"n": 0}), "/stages/0/quorum", "quorum"),
        (policy_of(quorum={"n": True}), "/stages/0/quorum", "quorum"),
        (policy_of(quorum="most"), "/stages/0/quorum", "quorum"),
        (policy_of(when="amount.value >"), "/stages/0/when", "expression_syntax"),
        (policy_of(when=5), "/stages/0/when", "not_text"),
        (policy_of(approvers={}), "/stages/0/approvers", "approvers"),
        (policy_of(approvers="finance"), "/stages/0/approvers", "not_an_object"),
        (policy_of(approvers={"role": "finanse"}), "/stages/0/approvers/role", "unknown_role"),
        (policy_of(approvers={"role": "customer"}), "/stages/0/approvers/role", "unknown_role"),
        (policy_of(approvers={"role": "finance", "user": "a@b.example"}), "/stages/0/approvers", "approvers"),
        (policy_of(approvers={"user": "a@b.example"}, quorum={"n": 2}), "/stages/0/quorum", "quorum"),
        (
            policy_of(approvers={"role": "finance", "region": "= subject."}),
            "/stages/0/approvers/region",
            "expression_syntax",
        ),
        (policy_of() | {"separation": {"not_twice": "no"}}, "/separation/not_twice", "not_a_flag"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_a_remedy(definition: Any, pointer: str, code: str) -> None:
    assert complaints(definition).get(pointer) == code


def test_all_mistakes_are_told_at_once() -> None:
    assert len(complaints(policy_of(name="", quorum=0, approvers={}))) == 3


def test_a_condition_that_cannot_be_answered_is_an_error_not_a_skipped_stage() -> None:
    for when in ("amount.value > 5.0", "show.size", "'yes'"):
        policy = parse_policy(policy_of(when=when), roles=ROLES)
        with pytest.raises(ExpressionError):
            plan(policy, {"show": {"size": 3}})


def test_a_region_that_is_empty_is_an_error_not_everybody() -> None:
    policy = parse_policy(policy_of(approvers={"role": "finance", "region": "= show.region"}), roles=ROLES)
    for region in ("", None, 7):
        with pytest.raises(ExpressionError):
            plan(policy, {"show": {"region": region}})


def test_quorums_need_at_least_one_person() -> None:
    assert [Quorum("any").needed(3), Quorum("all").needed(3), Quorum("n", 2).needed(3)] == [1, 3, 2]
    assert Quorum("all").needed(0) == 1
