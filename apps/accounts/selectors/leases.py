"""Partner staff under an access lease."""

from uuid import UUID

from apps.accounts.models import User
from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from tenants.models import AccessLease


def find_active_lease(lease_id: UUID, *, tenant_id: UUID) -> AccessLease | None:
    """Return the lease if it holds in this tenant now; its tenant and partner are read along."""
    lease = (
        AccessLease.objects.select_related("tenant__partner").filter(pk=lease_id, tenant_id=tenant_id).first()
    )
    return lease if lease is not None and lease.is_active(now()) else None


def actor_of_lease(user: User, lease: AccessLease) -> Actor:
    """Return the actor of partner staff: rights of the lease and nothing else, named with the partner behind."""
    return Actor(
        kind=ActorKind.PARTNER_USER,
        id=str(user.pk),
        label=user.label,
        roles=frozenset(lease.roles),
        lease_id=lease.pk,
        behind=f"{lease.partner_user_email} of {lease.tenant.partner.name}",
    )
