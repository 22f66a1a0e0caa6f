"""Whom approvals asked, and whom they would ask: for trying templates out."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

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
        name = rule.get("role") or rule.get("user") or ""
        if name and name not in who:
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
    named = [stage.approvers.role or stage.approvers.user for stage in stages if not stage.skipped]
    return list(dict.fromkeys(named))
