"""Rows of approvals, all in the tenant's schema."""

from apps.approvals.models.policies import ApprovalPolicy
from apps.approvals.models.requests import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.models.shares import EvidenceShare

__all__ = ["ApprovalPolicy", "ApprovalRequest", "ApprovalStage", "Decision", "EvidenceShare"]
