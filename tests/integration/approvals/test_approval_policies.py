"""Versions of policies, and whether they can be decided by the people there are."""

import pytest

from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy
from apps.approvals.selectors.coverage import policy_problems
from apps.approvals.services import install_policy, publish_policy, save_draft
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
