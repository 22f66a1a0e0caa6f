"""Whom approvals asked, and whom they would ask: for trying templates out."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from apps.approvals.approver_reader import KINDS
from apps.approvals.choices import StageStatus
from apps.approvals.models import ApprovalStage
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import parse_policy, plan
from apps.approvals.selectors.policies import published_policy
from apps.approvals.types import Requester
from apps.core.errors import DomainError
from apps.core.expressions import ExpressionError


def roles_asked(run_ids: Collection[UUID]) -> dict[tuple[UUID, str], list[str]]:
    """Return the roles (or users) that each visit's request named, by run and visit; one query."""
    rows = ApprovalStage.objects.filter(request__run_id__in=run_ids).exclude(status=StageStatus.SKIPPED)
    found: dict[tuple[UUID, str], list[str]] = {}
    for run_id, visit, rule in rows.order_by("index").values_list(
        "request__run_id", "request__visit", "rule"
    ):
        who = found.setdefault((run_id, visit), [])
        for name in _names(rule):
            if name not in who:
                who.append(name)
    return found


def roles_to_ask(question: dict[str, Any], started_by: dict[str, Any]) -> list[str] | None:
    """Return the roles (or users) an approval step would ask now; empty when the policy itself approves.

    ``question`` holds what the step hands over: policy, show, subject, requested_by. None when the policy is unknown or
    cannot be applied to it.
    """
    policy = question.get("policy")
    requester = Requester.of(question.get("requested_by"), started_by)
    facts = {
        "show": question.get("show") or {},
        "subject": question.get("subject"),
        "requester": {"id": requester.id},
    }
    row = published_policy(policy) if isinstance(policy, str) else None
    try:
        parsed = parse_policy(row.definition if row else policy, roles=DECIDERS)
        stages = plan(parsed, facts)
    except (DomainError, ExpressionError):
        return None
    asked = [rule for stage in stages if stage.is_asked for rule in stage.approvers]
    return list(dict.fromkeys(name for rule in asked for name in _names(rule.to_json())))


def _names(rule: dict[str, Any]) -> list[str]:
    """The roles or people a stage's rule names; the stages of today hold several rules, those before only one."""
    rules = rule.get("approvers") or [rule]
    return [name for each in rules if (name := each.get("role") or each.get("user") or _other(each))]


def _other(rule: dict[str, Any]) -> str:
    return next((f"{kind} {rule[kind]}" for kind in KINDS if rule.get(kind)), "")
