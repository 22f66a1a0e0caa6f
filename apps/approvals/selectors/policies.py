"""Which policy applies."""

from django.db.models import QuerySet

from apps.approvals.choices import PolicyStatus
from apps.approvals.models import ApprovalPolicy


def published_policy(key: str) -> ApprovalPolicy | None:
    """Return the version of the policy that new requests follow, or None."""
    return ApprovalPolicy.objects.filter(key=key, status=PolicyStatus.PUBLISHED).first()


def policy_keys() -> list[str]:
    """Return the keys that templates may name."""
    return list(ApprovalPolicy.objects.filter(status=PolicyStatus.PUBLISHED).values_list("key", flat=True))


def list_policies() -> QuerySet[ApprovalPolicy]:
    return ApprovalPolicy.objects.all()
