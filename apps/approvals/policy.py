"""What an approval policy says: read from its JSON with precise complaints, then planned for one request. Pure.

    stages:
      - name: Resource manager
        approvers: {role: resource_manager, region: "= subject.region"}   # one rule, or a list of them
        quorum: any                        # any, all, {n: 2}, {percent: 60}; with roles: {finance: 1}, mandatory: [...]
        reject: any                        # any, mandatory, {n: 2}, {percent: 50}
        when: "show.amount.value > 50000.0"                # the stage is skipped where this is false
        approve_when: [{name: Renewal, when: "show.renewal"}]   # nobody is asked where one of these is true
    separation: {not_requester: true, not_preparer: true, not_twice: true}
    limits: [{role: resource_manager, amount: "100000.00", currency: EUR}]
    approve_when: [{name: Small, when: "amount.value < 500.0"}]
    escalation: [{after: PT4H, do: remind}]            # and ``timeout``; of the policy or of a stage: see ``escalation``
    step_up: {above: "10000.00", currency: EUR, for: [financial]}     # of the policy or of a stage: see ``step_up``

Rules that name people: role (with region), user, group, manager_of, owner_of, resource_manager_of, contact, people.
Expressions see ``show`` (what the approver sees), ``subject`` and ``requester``; the members of ``show`` also stand
for themselves, so that ``amount.value > 50000.0`` reads as it should.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.approvals.approvers import ApproverRule
from apps.approvals.definition import AutoRule, Policy, Separation, StageRule
from apps.approvals.escalation import NO_LADDER, Ladder
from apps.approvals.limits import Limit
from apps.approvals.policy_reader import MAX_STAGES, PolicyReader
from apps.approvals.quorum import ANYBODY_REJECTS, Quorum, Rejection
from apps.core.errors import Invalid
from apps.core.expressions import ExpressionError, compile_expression
from apps.core.money import Money

__all__ = [
    "MAX_STAGES",
    "ApproverRule",
    "AutoRule",
    "Limit",
    "Plan",
    "PlannedStage",
    "Policy",
    "Quorum",
    "Rejection",
    "Separation",
    "StageRule",
    "parse_policy",
    "plan",
    "plan_request",
]


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage as it applies to one request: its rules hold values now, no expressions.

    ``reason`` says under which condition it is asked, or why it is not; ``auto`` is the rule that approves it; ``step_up``
    why who decides must prove himself again ("": he need not).
    """

    name: str
    approvers: tuple[ApproverRule, ...]
    quorum: Quorum
    skipped: bool
    reason: str
    rejection: Rejection = ANYBODY_REJECTS
    auto: AutoRule | None = None
    ladder: Ladder = NO_LADDER
    step_up: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether people are asked in this stage at all."""
        return not self.skipped and self.auto is None

    def words(self) -> str:
        """Say in words whom the stage asks for."""
        return " or ".join(rule.words() for rule in self.approvers)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy asks of one request; ``auto`` is the rule that approves it as a whole."""

    stages: tuple[PlannedStage, ...]
    auto: AutoRule | None = None


def parse_policy(definition: Any, *, roles: Collection[str]) -> Policy:
    """Return the policy; raise Invalid with every problem, each with its JSON pointer and a remedy.

    ``roles`` are the roles whose holders may approve.
    """
    reader = PolicyReader(roles)
    policy = reader.policy(definition)
    if reader.problems:
        raise Invalid("invalid_policy", "The approval policy cannot be used as it is.", reader.problems)
    return policy


def plan_request(
    policy: Policy, facts: Mapping[str, Any], *, money: Money | None = None, decides: Collection[str] = ()
) -> Plan:
    """Return what the policy asks under ``facts`` (``show``, ``subject``, ``requester``).

    ``money`` is what is at stake, ``decides`` the kinds of matters that are decided (``step_up.DECISION_KINDS``).

    Raises ExpressionError when an expression cannot be evaluated on them: guessing would route around somebody.
    """
    variables = _variables(facts)
    auto = _first_true(policy.approve_when, variables)
    planned = (_plan_stage(rule, variables, auto) for rule in policy.stages)
    return Plan(
        tuple(
            replace(stage, step_up=rule.step_up.because(money, decides)) if stage.is_asked else stage
            for rule, stage in zip(policy.stages, planned, strict=True)
        ),
        auto,
    )


def plan(policy: Policy, facts: Mapping[str, Any]) -> tuple[PlannedStage, ...]:
    """Return the stages as they apply to ``facts``, as ``plan_request`` does."""
    return plan_request(policy, facts).stages


def _plan_stage(rule: StageRule, variables: Mapping[str, Any], whole: AutoRule | None) -> PlannedStage:
    if whole is not None:
        reason = f"approved by the rule “{whole.name}”"
        return PlannedStage(rule.name, rule.approvers, rule.quorum, True, reason, rule.rejection)
    if rule.when and not _holds(rule.when, variables):
        return PlannedStage(rule.name, rule.approvers, rule.quorum, True, f"not: {rule.when}", rule.rejection)
    auto = _first_true(rule.approve_when, variables)
    if auto is not None:
        return PlannedStage(rule.name, rule.approvers, rule.quorum, False, auto.when, rule.rejection, auto)
    approvers = tuple(approver.applied(variables) for approver in rule.approvers)
    mandatory = tuple(approver.applied(variables) for approver in rule.quorum.mandatory)
    quorum = Quorum(rule.quorum.kind, rule.quorum.n, rule.quorum.roles, mandatory)
    return PlannedStage(
        rule.name,
        approvers,
        quorum,
        False,
        rule.when,
        rule.rejection,
        ladder=rule.ladder.applied(variables),
    )


def _first_true(rules: Collection[AutoRule], variables: Mapping[str, Any]) -> AutoRule | None:
    return next((rule for rule in rules if _holds(rule.when, variables)), None)


def _holds(when: str, variables: Mapping[str, Any]) -> bool:
    answer = compile_expression(when).evaluate(variables)
    if not isinstance(answer, bool):
        raise ExpressionError("The condition is neither true nor false.", code="type", source=when)
    return answer


def _variables(facts: Mapping[str, Any]) -> dict[str, Any]:
    show = facts.get("show") or {}
    subject = facts.get("subject")
    return {
        **show,
        "show": show,
        "subject": subject if isinstance(subject, Mapping) else {"ref": str(subject or "")},
        "requester": facts.get("requester") or {},
    }
