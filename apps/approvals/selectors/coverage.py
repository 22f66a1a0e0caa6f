"""Whether a policy could be decided at all by the people there are; asked before a template is published."""

from dataclasses import replace
from typing import Any

from apps.accounts.models import RoleAssignment
from apps.accounts.selectors import users_with_role
from apps.approvals.approvers import CONTACT, MANAGER, OWNER, PEOPLE, ApproverRule
from apps.approvals.choices import StageStatus
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import Policy, StageRule, parse_policy
from apps.approvals.selectors.people import candidates_for
from apps.approvals.selectors.policies import published_policy
from apps.approvals.voting import Ballot, Count, Part, open_first, shortage
from apps.core.errors import Invalid
from apps.core.expressions import is_expression

_BY_REQUEST = frozenset({OWNER, CONTACT, MANAGER, PEOPLE})
"""Kinds of rules that name nobody before there is a request."""


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
    people = [possible_people(stage) for stage in policy.stages]
    empty = [
        f"Stage '{stage.name}' asks for {asked_words(stage)}, and nobody is there."
        for stage, ids in zip(policy.stages, people, strict=True)
        if not ids
    ]
    if empty:
        return empty
    ballots = tuple(
        Ballot(
            # A stage with a condition may not apply together with the others.
            StageStatus.SKIPPED if _may_not_apply(stage) else StageStatus.WAITING,
            ids,
            rule=stage.quorum,
            parts=_parts(stage, ids),
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


def _may_not_apply(stage: StageRule) -> bool:
    return bool(stage.when or stage.approve_when) or any(_is_open(rule) for rule in stage.approvers)


def possible_people(stage: StageRule) -> frozenset[str]:
    """Whom the stage could ask; "*" stands for people whom only a request can name."""
    found: set[str] = set()
    for rule in stage.approvers:
        if _is_open(rule):
            found.add("*")
        elif is_expression(rule.within):
            found |= {str(user.id) for user in users_with_role(rule.value)}
        else:
            found |= {person.id for person in candidates_for([rule])}
    return frozenset(found)


def _is_open(rule: ApproverRule) -> bool:
    return rule.kind in _BY_REQUEST or is_expression(rule.value)


def _parts(stage: StageRule, ids: frozenset[str]) -> tuple[Part, ...]:
    holders = ((role, {str(user.id) for user in users_with_role(role)}, n) for role, n in stage.quorum.roles)
    return tuple(Part(role, ids & held, needed) for role, held, needed in holders)


def asked_words(stage: StageRule) -> str:
    """Say in words whom the stage asks for."""
    return " or ".join(
        (replace(rule, within="") if is_expression(rule.within) else rule).words() for rule in stage.approvers
    )
