"""Publish a policy with open eyes: before it is followed, it is held against who will be there."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.approvals.choices import PolicyStatus
from apps.approvals.evidence import digest
from apps.approvals.exceptions import CoverageGaps, UnknownPolicy
from apps.approvals.models import ApprovalPolicy, CoverageForecast
from apps.approvals.services.forecasting import make_forecast
from apps.approvals.services.policies import publish_policy
from apps.core.actor import Actor


def publish_looking_ahead(
    *, key: str, actor: Actor, accepted: str | None = None
) -> tuple[ApprovalPolicy, CoverageForecast]:
    """Make a forecast for the draft, keep it, and publish the draft.

    ``accepted`` is ``gaps_mark`` of the gaps somebody has read and accepts; None accepts any. Raises CoverageGaps where
    the forecast found others than those, UnknownPolicy, and ActionForbidden.
    """
    if not ApprovalPolicy.objects.filter(key=key, status=PolicyStatus.DRAFT).exists():
        raise UnknownPolicy
    row = make_forecast(actor=actor, policy=key)
    if accepted is not None and row.findings and accepted != gaps_mark(row.findings):
        raise CoverageGaps(row.id, row.days, row.findings)
    return publish_policy(key=key, actor=actor), row


def gaps_mark(findings: Sequence[Mapping[str, Any]]) -> str:
    """Return what stands for the gaps a forecast found, whenever it was made: the same gaps give the same mark."""
    names = ("gap", "policy", "stage", "people", "away", "needed")
    return digest([[finding[name] for name in names] for finding in findings])
