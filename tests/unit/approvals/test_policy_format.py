"""The format of policies: rules that name people, quorums, objections, limits and rules that need nobody."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals.approvers import ApproverRule
from apps.approvals.limits import Limit, why_beyond
from apps.approvals.policy import parse_policy, plan, plan_request
from apps.approvals.policy_schema import policy_schema
from apps.approvals.quorum import Quorum, Rejection
from apps.core.errors import Invalid
from apps.core.expressions import ExpressionError
from apps.core.money import Money
from apps.workflows.engine.schemas import value_problems

ROLES = {"resource_manager", "delivery_director", "finance"}
FULL: dict[str, Any] = {
    "stages": [
        {
            "name": "All of it",
            "approvers": [
                {"role": "finance", "region": "= subject.region"},
                {"resource_manager_of": "EU"},
                {"user": "ada@nordwind.example"},
                {"group": "board"},
                {"manager_of": "requester"},
                {"owner_of": "customer", "id": "= subject.customer"},
                {"contact": "sponsor"},
                {"people": "= subject.reviewers"},
            ],
            "quorum": {"percent": 60, "roles": {"finance": 1}, "mandatory": [{"group": "board"}]},
            "reject": "mandatory",
            "when": "amount.value > 10.0",
            "approve_when": [{"name": "Renewal", "when": "renewal"}],
        }
    ],
    "separation": {"not_preparer": False},
    "limits": [{"role": "finance", "amount": "100.00", "currency": "EUR"}],
    "approve_when": [{"name": "Small", "when": "amount.value < 5.0"}],
}
FACTS: dict[str, Any] = {
    "show": {"amount": {"amount": "50.00", "currency": "EUR"}, "renewal": False},
    "subject": {
        "region": "EU",
        "customer": "K-1",
        "reviewers": ["a@x.example", "b@x.example", "a@x.example"],
    },
    "requester": {"id": "r-1"},
}


def stage_of(**stage: Any) -> dict[str, Any]:
    return {"stages": [{"name": "One", "approvers": {"role": "finance"}, **stage}]}


def codes(definition: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse_policy(definition, roles=ROLES)
    assert all(problem.remedy and problem.message for problem in caught.value.errors)
    return {problem.pointer: problem.code for problem in caught.value.errors}


def test_everything_the_format_knows_is_read_and_fits_its_schema() -> None:
    policy = parse_policy(FULL, roles=ROLES)
    (stage,) = plan(policy, FACTS)
    assert [(rule.kind, rule.value, rule.within, rule.names) for rule in stage.approvers] == [
        ("role", "finance", "EU", ()),
        ("role", "resource_manager", "EU", ()),
        ("user", "ada@nordwind.example", "", ()),
        ("group", "board", "", ()),
        ("manager_of", "r-1", "", ()),
        ("owner_of", "customer", "K-1", ()),
        ("contact", "sponsor", "", ()),
        ("people", "= subject.reviewers", "", ("a@x.example", "b@x.example")),
    ]
    assert stage.quorum == Quorum("percent", 60, (("finance", 1),), (ApproverRule("group", "board"),))
    assert (stage.rejection, policy.separation.not_preparer) == (Rejection("mandatory"), False)
    assert value_problems(policy_schema(ROLES), FULL) == []


def test_the_first_rule_that_holds_decides_and_is_named() -> None:
    policy = parse_policy(FULL, roles=ROLES)
    small = plan_request(policy, FACTS | {"show": {"amount": {"amount": "4.00", "currency": "EUR"}}})
    assert small.auto is not None
    assert (small.auto.name, [stage.skipped for stage in small.stages]) == ("Small", [True])
    (stage,) = plan(policy, FACTS | {"show": FACTS["show"] | {"renewal": True}})
    assert stage.auto is not None
    assert (stage.is_asked, stage.auto.name, stage.reason) == (False, "Renewal", "renewal")


@pytest.mark.parametrize(
    ("definition", "pointer", "code"),
    [
        (stage_of(approvers=[]), "/stages/0/approvers", "approvers"),
        (stage_of(approvers=[{"group": "a"}, {}]), "/stages/0/approvers/1", "approvers"),
        (stage_of(approvers={"group": "a", "region": "EU"}), "/stages/0/approvers/region", "unknown_member"),
        (stage_of(approvers={"grup": "a"}), "/stages/0/approvers/grup", "unknown_member"),
        (stage_of(approvers={"owner_of": "deal"}), "/stages/0/approvers/owner_of", "owner_of"),
        (stage_of(approvers={"people": "ada"}), "/stages/0/approvers/people", "not_an_expression"),
        (stage_of(approvers={"people": "= subject."}), "/stages/0/approvers/people", "expression_syntax"),
        (stage_of(quorum={"n": 2, "percent": 50}), "/stages/0/quorum", "quorum"),
        (stage_of(quorum={"percent": 101}), "/stages/0/quorum", "quorum"),
        (stage_of(quorum={"of": "most", "roles": {}}), "/stages/0/quorum/of", "quorum"),
        (stage_of(quorum={"roles": {"finanse": 1}}), "/stages/0/quorum/roles/finanse", "unknown_role"),
        (stage_of(quorum={"roles": {"finance": 0}}), "/stages/0/quorum/roles/finance", "quorum"),
        (stage_of(quorum={"mandatory": {}}), "/stages/0/quorum/mandatory", "approvers"),
        (stage_of(reject="all"), "/stages/0/reject", "reject"),
        (stage_of(reject="mandatory"), "/stages/0/reject", "reject"),
        (stage_of(reject={"n": 1, "percent": 1}), "/stages/0/reject", "reject"),
        (stage_of(approve_when=7), "/stages/0/approve_when", "not_rules"),
        (stage_of(approve_when=[{"when": "true"}]), "/stages/0/approve_when/0/name", "required"),
        (stage_of(approve_when=[{"name": "x"}]), "/stages/0/approve_when/0/when", "not_text"),
        (stage_of() | {"approve_when": "amount >"}, "/approve_when", "expression_syntax"),
        (stage_of() | {"limits": {}}, "/limits", "not_limits"),
        (stage_of() | {"limits": [{"amount": "1.00", "currency": "EUR"}]}, "/limits/0", "limit_holder"),
        (
            stage_of() | {"limits": [{"role": "finance", "amount": "x", "currency": "EUR"}]},
            "/limits/0",
            "not_money",
        ),
        (
            stage_of() | {"limits": [{"role": "finance", "amount": "-1", "currency": "EUR"}]},
            "/limits/0",
            "not_money",
        ),
        (
            stage_of() | {"limits": [{"role": "x", "amount": "1", "currency": "EUR"}]},
            "/limits/0/role",
            "unknown_role",
        ),
    ],
)
def test_each_mistake_is_named_with_its_place_and_a_remedy(definition: Any, pointer: str, code: str) -> None:
    assert codes(definition).get(pointer) == code


@pytest.mark.parametrize(
    "wrong", [5, [1], ["a", ""], None, {}, [f"p{number}@x.example" for number in range(201)]]
)
def test_an_expression_that_gives_no_people_is_an_error(wrong: Any) -> None:
    policy = parse_policy(stage_of(approvers={"people": "= subject.people"}), roles=ROLES)
    with pytest.raises(ExpressionError):
        plan(policy, {"subject": {"people": wrong}})


def test_the_manager_of_nobody_is_an_error() -> None:
    policy = parse_policy(stage_of(approvers={"manager_of": "requester"}), roles=ROLES)
    with pytest.raises(ExpressionError, match="Nobody is known to have asked"):
        plan(policy, {"requester": {"id": ""}})


def test_what_is_kept_of_a_stage_counts_as_the_policy_did() -> None:
    for quorum in (
        Quorum(),
        Quorum("all"),
        Quorum("n", 2),
        Quorum("percent", 60),
        Quorum("all", 1, (("finance", 1),)),
    ):
        kept = Quorum.stored(quorum.to_json())
        assert kept is not None
        assert [kept.needed(people) for people in range(6)] == [quorum.needed(people) for people in range(6)]
        assert kept.roles == quorum.roles
    for rejection in (Rejection(), Rejection("mandatory"), Rejection("n", 2), Rejection("percent", 50)):
        assert Rejection.stored(rejection.to_json()) == rejection
    assert Quorum.stored(None) is None
    assert Rejection.stored(None) == Rejection()


def limit(kind: str, value: str, amount: str, currency: str = "EUR") -> Limit:
    return Limit(kind, value, Money(Decimal(amount), currency))


def test_the_persons_own_limit_goes_first_and_the_highest_of_his_roles_counts() -> None:
    limits = [limit("role", "finance", "10"), limit("group", "board", "20"), limit("user", "ada", "5")]
    both = {("role", "finance"), ("group", "board")}
    assert why_beyond(limits, both, Money(Decimal(20), "EUR")) == ""
    assert why_beyond(limits, both, Money(Decimal("20.01"), "EUR")) == "may decide up to 20.00 EUR"
    assert (
        why_beyond(limits, both | {("user", "ada")}, Money(Decimal(6), "EUR")) == "may decide up to 5.00 EUR"
    )
    assert why_beyond(limits, both, Money(Decimal(1), "USD")) == "may not decide about amounts in USD"
    assert why_beyond(limits, {("role", "other")}, Money(Decimal(10**9), "EUR")) == ""
    assert why_beyond(limits, both, None) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
known = st.sampled_from(
    [
        "stages",
        "name",
        "approvers",
        "quorum",
        "reject",
        "when",
        "limits",
        "roles",
        "mandatory",
        "n",
        "role",
        "people",
    ]
)
shaped = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(known, inner, max_size=4),
    max_leaves=12,
)


@given(shaped)
def test_whatever_is_sent_is_either_read_or_explained(definition: Any) -> None:
    try:
        parse_policy(definition, roles=ROLES)
    except Invalid as error:
        assert error.errors  # noqa: PT017 - whatever else is raised fails the test
