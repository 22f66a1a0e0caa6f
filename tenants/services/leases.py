"""Grant and revoke access leases, and hand a partner's person over from the console to a tenant's host."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound, Problem
from apps.core.journal import record, unit_of_work
from tenants.exceptions import HandoverInvalid
from tenants.models import AccessLease, Tenant

MAX_HOURS = 72
HANDOVER_SECONDS = 60


def grant_lease(
    *,
    partner_id: UUID,
    tenant_id: UUID,
    partner_user_id: UUID,
    partner_user_email: str,
    roles: Sequence[str],
    reason: str,
    hours: int,
    actor: Actor,
) -> AccessLease:
    """Give a person of the partner the roles in one of the partner's tenants, for 1 to 72 hours from now.

    Raises Invalid without a reason or roles or outside that time, NotFound for a tenant of another partner.
    """
    _check(roles, reason, hours)
    with unit_of_work(actor, reason=reason):
        tenant = Tenant.objects.filter(pk=tenant_id, partner_id=partner_id).first()
        if tenant is None:
            raise NotFound("not_found", "There is no such tenant.")
        start = now()
        lease = AccessLease.objects.create(
            tenant=tenant,
            partner_user_id=partner_user_id,
            partner_user_email=partner_user_email,
            roles=sorted(set(roles)),
            reason=reason.strip(),
            starts_at=start,
            ends_at=start + timedelta(hours=hours),
            granted_by=actor.label,
        )
        after = {"tenant": tenant.slug, "holder": partner_user_email, "roles": lease.roles, "hours": hours}
        record("access_lease.grant", lease, after=after)
    return lease


def revoke_lease(*, partner_id: UUID, lease_id: UUID, actor: Actor, reason: str = "") -> AccessLease:
    """End a lease now; sessions under it end with their next request. Revoking twice changes nothing."""
    with unit_of_work(actor, reason=reason):
        lease = _locked(partner_id, lease_id)
        if lease.revoked_at is None:
            lease.revoked_at = now()
            lease.version += 1
            lease.save(update_fields=["revoked_at", "version"])
            record(
                "access_lease.revoke",
                lease,
                after={"tenant": lease.tenant.slug, "holder": lease.partner_user_email},
            )
    return lease


def begin_handover(*, partner_id: UUID, lease_id: UUID, partner_user_id: UUID, actor: Actor) -> str:
    """Return a token that opens the tenant to the holder of the lease, once, within a minute. Kept only as its hash."""
    with unit_of_work(actor):
        lease = _locked(partner_id, lease_id)
        if lease.partner_user_id != partner_user_id or not lease.is_active(now()):
            raise NotFound("not_found", "You hold no such lease, or it is over.")
        token = secrets.token_urlsafe(32)
        lease.handover_digest = _digest(token)
        lease.handover_until = now() + timedelta(seconds=HANDOVER_SECONDS)
        lease.save(update_fields=["handover_digest", "handover_until"])
        record("access_lease.hand_over", lease, after={"tenant": lease.tenant.slug})
    return token


def peek_handover(*, token: str, tenant_id: UUID) -> AccessLease | None:
    """Return the lease a handover token stands for, without using it up; None if it is worth nothing here."""
    lease = AccessLease.objects.select_related("tenant__partner").filter(
        handover_digest=_digest(token), tenant_id=tenant_id, handover_until__gt=now()
    )
    found = lease.first()
    return found if found is not None and found.is_active(now()) else None


def redeem_handover(*, token: str, tenant_id: UUID) -> AccessLease:
    """Use up a handover token and return its lease; raise NotFound if it is used, too old, or of another tenant."""
    lease = peek_handover(token=token, tenant_id=tenant_id)
    used = AccessLease.objects.filter(handover_digest=_digest(token), tenant_id=tenant_id).update(
        handover_digest=None, handover_until=None
    )
    if lease is None or used != 1:
        raise HandoverInvalid
    return lease


def _locked(partner_id: UUID, lease_id: UUID) -> AccessLease:
    ours = Tenant.objects.filter(partner_id=partner_id).values("pk")
    lease = AccessLease.objects.select_for_update().filter(pk=lease_id, tenant__in=ours).first()
    if lease is None:
        raise NotFound("not_found", "There is no such lease.")
    return lease


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _check(roles: Sequence[str], reason: str, hours: int) -> None:
    problems = []
    if not roles:
        problems.append(Problem("/roles", "Name at least one role.", "empty"))
    if not reason.strip():
        problems.append(Problem("/reason", "Say why; the tenant reads it in its audit.", "empty"))
    if not 1 <= hours <= MAX_HOURS:
        problems.append(Problem("/hours", f"A lease lasts 1 to {MAX_HOURS} hours.", "out_of_range"))
    if problems:
        raise Invalid("invalid_lease", "The lease is not valid; see errors.", problems)
