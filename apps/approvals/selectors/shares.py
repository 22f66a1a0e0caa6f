"""Links to evidence: their addresses, and what they open."""

import hmac
import re
from uuid import UUID

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from apps.accounts import policies as account_policies
from apps.approvals.exceptions import ShareOver, UnknownShare
from apps.approvals.models import EvidenceShare
from apps.approvals.packets.facts import Packet
from apps.approvals.selectors.packets import evidence_packet
from apps.approvals.selectors.requests import get_request
from apps.core.actor import Actor
from apps.core.clock import now
from tenants.context import current_tenant
from tenants.links import tenant_url

_TOKEN = re.compile(r"^([0-9a-f]{32})([0-9a-f]{64})$")
_READER = Actor.system("shared evidence")


def shares_of(*, request_id: UUID, actor: Actor) -> QuerySet[EvidenceShare]:
    """Return the links to a request's evidence, the newest first; for those who may share it."""
    account_policies.require(actor, "evidence:share")
    return EvidenceShare.objects.filter(request=get_request(actor=actor, request_id=request_id)).order_by(
        "-id"
    )


def share_url(share: EvidenceShare) -> str:
    """Return the link: whoever has it may read the evidence until it ends."""
    return tenant_url(f"/status/evidence/{share.id.hex}{_signature(share)}/")


def open_share(token: str) -> EvidenceShare:
    """Return the live share of a link, with its request; raise UnknownShare if it is invented, ShareOver if it has ended."""
    match = _TOKEN.match(token)
    found = (
        EvidenceShare.objects.select_related("request").filter(pk=UUID(match[1])).first() if match else None
    )
    if match is None or found is None or not hmac.compare_digest(_signature(found), match[2]):
        raise UnknownShare
    if not found.is_live(now()):
        raise ShareOver
    return found


def shared_packet(share: EvidenceShare) -> Packet:
    """Return the evidence that a live share opens: whole, as whoever shared it meant it."""
    return evidence_packet(request_id=share.request_id, actor=_READER)


def _signature(share: EvidenceShare) -> str:
    said = f"{current_tenant().id} {share.id} {share.expires_at.isoformat()}"
    return salted_hmac("approvals.evidence_share", said, algorithm="sha256").hexdigest()
