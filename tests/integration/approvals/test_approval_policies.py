"""Versions of policies, and whether they can be decided by the people there are."""

from dataclasses import replace

import pytest

from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy
from apps.approvals.seeds import STAFFING_APPROVAL
from apps.approvals.selectors.coverage import policy_problems
from apps.approvals.services import install_policy, publish_policy, save_draft
from apps.approvals.services.trying import sample_of, try_policy
from apps.core.errors import Forbidden, Invalid
from apps.workflows.exceptions import TemplateRefused
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

TWO = {"stages": [{"name": "Two", "approvers": {"role": "resource_manager"}, "quorum": {"n": 2}}]}


def test_a_new_version_retires_the_one_before_and_leaves_open_requests_alone(staff: Staff) -> None:
    """A template takes a new policy over with its own next version, and keeps the one it holds until then."""
    publish()
    before = request_of(begin())
    save_draft(key="staffing-approval", name="Staffing approval", definition=TWO, actor=staff.actor("Tina"))
    save_draft(key="staffing-approval", name="Staffing approval", definition=TWO, actor=staff.actor("Tina"))
    publish_policy(key="staffing-approval", actor=staff.actor("Tina"))
    rows = (
        ApprovalPolicy.objects.filter(key="staffing-approval")
        .order_by("number")
        .values_list("number", "status")
    )
    assert list(rows) == [(1, "retired"), (2, "published")]
    held = request_of(begin())
    assert (held.policy_number, len(held.waiting_for)) == (1, 2)
    publish()
    after = request_of(begin())
    before.refresh_from_db()
    assert (before.policy_number, after.policy_number) == (1, 2)
    assert (len(before.waiting_for), len(after.waiting_for)) == (2, 3)


def test_installing_the_same_policy_again_changes_nothing(staff: Staff) -> None:
    first = install_policy(key="two", name="Two", definition=TWO, actor=SYSTEM)
    assert install_policy(key="two", name="Two", definition=TWO, actor=SYSTEM) == first
    assert ApprovalPolicy.objects.filter(key="two").count() == 1


def test_policies_are_the_administrators_business(staff: Staff) -> None:
    with pytest.raises(Forbidden):
        save_draft(key="two", name="Two", definition=TWO, actor=staff.actor("Mona"))
    with pytest.raises(Invalid):
        save_draft(key="two", name="Two", definition={}, actor=staff.actor("Tina"))
    with pytest.raises(UnknownPolicy):
        publish_policy(key="two", actor=staff.actor("Tina"))


def test_what_nobody_could_decide_is_told(staff: Staff) -> None:
    def stage(role: str, quorum: object = "any", **more: object) -> dict[str, object]:
        return {"name": role, "approvers": {"role": role, **more}, "quorum": quorum}

    assert policy_problems("staffing-approval") == []
    assert policy_problems({"stages": [stage("resource_manager", region="= show.region")]}) == []
    for policy, words in (
        ("no-such", "no published approval policy"),
        ({"stages": [stage("finance")]}, "asks for finance, and nobody is there"),
        ({"stages": [stage("resource_manager", region="APAC")]}, "resource manager in region APAC"),
        (
            {"stages": [stage("delivery_director"), stage("delivery_director")]},
            "nobody may approve in two stages",
        ),
        ({"stages": [stage("resource_manager", {"n": 4})]}, "too few people"),
        ({"stages": []}, "1 to 12 stages"),
    ):
        (problem,) = policy_problems(policy)
        assert words in problem


def test_a_template_with_a_policy_nobody_could_decide_is_not_published(staff: Staff) -> None:
    with pytest.raises(TemplateRefused) as caught:
        publish(policy="{stages: [{name: Money, approvers: {role: finance}}]}")
    assert "nobody is there" in caught.value.errors[0].message


def test_a_sample_says_who_would_be_asked_in_what_order_and_why(staff: Staff) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    limits = [{"role": "delivery_director", "amount": "50000.00", "currency": "EUR"}]
    definition = STAFFING_APPROVAL | {"limits": limits}
    trial = try_policy(definition=STAFFING_APPROVAL, question=sample_of(request))
    assert (trial.outcome, [stage["state"] for stage in trial.stages]) == ("asked", ["asked", "asked"])
    assert [person["label"] for person in trial.stages[0]["asked"]] == ["Rita", "Rolf"]
    assert trial.stages[0]["asks_for"] == "resource manager in region EU"
    beyond = try_policy(definition=definition, question=sample_of(request))
    assert beyond.outcome == "nobody"
    assert "Dora may decide up to 50,000.00 EUR" in beyond.problem
    small = replace(sample_of(request), show=request.show | {"amount": {"amount": "1.00", "currency": "EUR"}})
    assert [stage["state"] for stage in try_policy(definition=definition, question=small).stages] == [
        "asked",
        "skipped",
    ]
    auto = definition | {"approve_when": [{"name": "All", "when": "true"}]}
    assert try_policy(definition=auto, question=small).rule == {"name": "All", "when": "true"}
    unclear = {"stages": [{**TWO["stages"][0], "when": "show.nothing"}]}
    assert try_policy(definition=unclear, question=small).outcome == "unanswerable"
