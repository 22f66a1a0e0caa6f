"""Rows of approvals, all in the tenant's schema."""

from apps.approvals.models.delegations import AbsenceFeed, Delegation
from apps.approvals.models.facts import CoverageForecast, HandOver, HandOverItem, RequestFact
from apps.approvals.models.policies import ApprovalPolicy
from apps.approvals.models.proofs import StepUpProof
from apps.approvals.models.requests import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.models.shares import EvidenceShare

__all__ = [
    "AbsenceFeed",
    "ApprovalPolicy",
    "ApprovalRequest",
    "ApprovalStage",
    "CoverageForecast",
    "Decision",
    "Delegation",
    "EvidenceShare",
    "HandOver",
    "HandOverItem",
    "RequestFact",
    "StepUpProof",
]
