"""Give somebody without an account a link to one request's evidence, and take it back."""

from datetime import timedelta
from uuid import UUID

from apps.accounts import policies as account_policies
from apps.approvals.exceptions import BadShare, UnknownShare
from apps.approvals.models import EvidenceShare
from apps.approvals.selectors.requests import get_request
from apps.core.actor import Actor
from apps.core.clock import now
from apps.ledger.services import record, unit_of_work

MAX_DAYS = 90


def share_evidence(*, request_id: UUID, label: str, days: int, actor: Actor) -> EvidenceShare:
    """Make a link that ends after ``days`` (1 to MAX_DAYS); ``label`` says for whom it is.

    Raises UnknownRequest, ActionForbidden, BadShare.
    """
    if not label.strip():
        raise BadShare("/label", "Say for whom the link is, so that others know later.")
    if not 1 <= days <= MAX_DAYS:
        raise BadShare("/days", f"Choose between 1 and {MAX_DAYS} days.")
    with unit_of_work(actor):
        account_policies.require(actor, "evidence:share")
        request = get_request(actor=actor, request_id=request_id)
        share = EvidenceShare.objects.create(
            request=request,
            label=label.strip()[:120],
            made_by=actor.label[:200],
            expires_at=now() + timedelta(days=days),
        )
        after = {"approval_id": str(request.id), "for": share.label, "until": share.expires_at.isoformat()}
        record("evidence_share.create", share, after=after)
        return share


def revoke_share(*, request_id: UUID, share_id: UUID, actor: Actor) -> EvidenceShare:
    """End the link now; ending it twice is ending it once. Raises UnknownRequest, UnknownShare, ActionForbidden."""
    with unit_of_work(actor):
        account_policies.require(actor, "evidence:share")
        request = get_request(actor=actor, request_id=request_id)
        share = EvidenceShare.objects.select_for_update().filter(pk=share_id, request=request).first()
        if share is None:
            raise UnknownShare
        if share.revoked_at is None:
            share.revoked_at = now()
            share.version += 1
            share.save(update_fields=["revoked_at", "version"])
            record("evidence_share.revoke", share, after={"approval_id": str(request.id), "for": share.label})
        return share
