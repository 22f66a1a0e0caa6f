"""Whether a policy could be decided at all by the people there are; asked before a template is published."""

from typing import Any

from apps.accounts.models import RoleAssignment
from apps.accounts.selectors import users_with_role
from apps.approvals.choices import StageStatus
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import Policy, StageRule, parse_policy
from apps.approvals.selectors.people import candidates_for
from apps.approvals.selectors.policies import published_policy
from apps.approvals.voting import Ballot, Count, open_first, shortage
from apps.core.errors import Invalid
from apps.core.expressions import is_expression


def policy_problems(policy: str | dict[str, Any]) -> list[str]:
    """Return why the policy (its key, or an inline one) could never be decided, in sentences; empty if it could.

    In a tenant that has no people yet, such as one being provisioned, only the policy itself is looked at.
    """
    definition: Any = policy
    if isinstance(policy, str):
        row = published_policy(policy)
        if row is None:
            return [f"There is no published approval policy '{policy}'."]
        definition = row.definition
    try:
        parsed = parse_policy(definition, roles=DECIDERS)
    except Invalid as error:
        return [f"{problem.pointer}: {problem.message} {problem.remedy}".strip() for problem in error.errors]
    if not RoleAssignment.objects.exists():
        return []
    return _staffing_problems(parsed)


def _staffing_problems(policy: Policy) -> list[str]:
    people = [_possible(stage) for stage in policy.stages]
    empty = [
        f"Stage '{stage.name}' asks for {_who(stage)}, and nobody is there."
        for stage, ids in zip(policy.stages, people, strict=True)
        if not ids
    ]
    if empty:
        return empty
    ballots = tuple(
        Ballot(
            # A stage with a condition may not apply together with the others.
            StageStatus.SKIPPED if stage.when else StageStatus.WAITING,
            ids,
            stage.quorum.needed(len(ids)),
        )
        for stage, ids in zip(policy.stages, people, strict=True)
    )
    short = shortage(open_first(Count(ballots, not_twice=policy.separation.not_twice)))
    if short is None:
        return []
    name = policy.stages[short].name
    return [
        f"Stage '{name}' has too few people: nobody may approve in two stages, and its quorum needs more."
    ]


def _possible(stage: StageRule) -> frozenset[str]:
    if is_expression(stage.approvers.user):
        return frozenset({"*"})
    if is_expression(stage.approvers.region):
        return frozenset(str(user.id) for user in users_with_role(stage.approvers.role))
    return frozenset(person.id for person in candidates_for(stage.approvers))


def _who(stage: StageRule) -> str:
    region = stage.approvers.region
    where = f" in region {region}" if region and not is_expression(region) else ""
    return (stage.approvers.role.replace("_", " ") or stage.approvers.user) + where
