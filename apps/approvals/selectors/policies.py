"""Which policy applies."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from apps.approvals.choices import PolicyStatus
from apps.approvals.models import ApprovalPolicy
from apps.approvals.policies import is_contact
from apps.core.actor import Actor
from apps.workflows.choices import PolicyOrigin
from tenants.configuration import remembered

Json = dict[str, Any]
PART = "policies"
"""The name under which versions of workflow templates hold copies of policies."""


def published_policy(key: str) -> ApprovalPolicy | None:
    """Return the version of the policy that new requests follow, or None. Remembered: do not change it."""

    def read() -> ApprovalPolicy | None:
        return ApprovalPolicy.objects.filter(key=key, status=PolicyStatus.PUBLISHED).first()

    return remembered(("published_policy", key), read)


def policy_numbered(key: str, number: int) -> ApprovalPolicy | None:
    """Return one version of the policy, whether it is the one in use or not, or None. Remembered: do not change it."""

    def read() -> ApprovalPolicy | None:
        return ApprovalPolicy.objects.filter(key=key, number=number).first()

    return remembered(("policy_numbered", key, number), read)


def policy_copies(keys: Collection[str]) -> dict[str, Json]:
    """Return the policies in use by key, as versions of workflow templates hold them."""
    rows = ApprovalPolicy.objects.filter(key__in=keys, status=PolicyStatus.PUBLISHED)
    return {row.key: _copy(row) for row in rows}


def _copy(row: ApprovalPolicy) -> Json:
    return {"name": row.name, "number": row.number, "digest": row.digest, "definition": row.definition}


def policies_to_try(keys: Collection[str], drafts: bool) -> dict[str, Json]:
    """Return by key the policies that a version tried out goes by: their drafts, if asked for, else those in use.

    Each is a copy as ``policy_copies`` makes it, with its ``origin``: ``draft`` or ``live``.
    """
    wanted = [PolicyStatus.PUBLISHED, *([PolicyStatus.DRAFT] if drafts else [])]
    rows = ApprovalPolicy.objects.filter(key__in=keys, status__in=wanted)
    found: dict[str, Json] = {}
    for row in sorted(rows, key=lambda one: one.status == PolicyStatus.DRAFT):
        origin = PolicyOrigin.DRAFT if row.status == PolicyStatus.DRAFT else PolicyOrigin.LIVE
        found[row.key] = {**_copy(row), "origin": origin.value}
    return found


def policy_keys() -> list[str]:
    """Return the keys that templates may name."""
    return list(ApprovalPolicy.objects.filter(status=PolicyStatus.PUBLISHED).values_list("key", flat=True))


def visible_policies(actor: Actor) -> QuerySet[ApprovalPolicy]:
    """Return the versions of policies that the actor may see: all for staff, none for a customer's people."""
    return ApprovalPolicy.objects.none() if is_contact(actor) else ApprovalPolicy.objects.all()
