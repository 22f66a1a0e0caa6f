"""Which policy applies."""

from django.db.models import QuerySet

from apps.approvals.choices import PolicyStatus
from apps.approvals.models import ApprovalPolicy
from tenants.configuration import remembered


def published_policy(key: str) -> ApprovalPolicy | None:
    """Return the version of the policy that new requests follow, or None. Remembered: do not change it."""
    published = ApprovalPolicy.objects.filter(key=key, status=PolicyStatus.PUBLISHED)
    return remembered(("published_policy", key), published.first)


def policy_keys() -> list[str]:
    """Return the keys that templates may name."""
    return list(ApprovalPolicy.objects.filter(status=PolicyStatus.PUBLISHED).values_list("key", flat=True))


def list_policies() -> QuerySet[ApprovalPolicy]:
    return ApprovalPolicy.objects.all()
