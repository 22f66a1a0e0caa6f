"""Access of a partner's people to its tenants, as the console offers it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.policies import require
from apps.accounts.selectors import get_user
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Forbidden, Invalid, Problem
from apps.ledger.services import unit_of_work
from apps.partners.exceptions import NoSuchTenant
from tenants.choices import TenantStatus
from tenants.models import AccessLease, Tenant
from tenants.services.leases import grant_lease

_SAME_CLICK = timedelta(minutes=1)


def take_access(
    *, partner_id: UUID, tenant_id: UUID, roles: Sequence[str], reason: str, hours: int, actor: Actor
) -> AccessLease:
    """Give the acting person himself access to a tenant of his partner; a second click within a minute gives the same.

    Raises NoSuchTenant (also while it is not ready) and Invalid for unknown roles, no reason or other than 1 to 72 hours.
    """
    with unit_of_work(actor, reason=reason):
        require(actor, "leases:manage")
        if actor.user_id is None:
            raise Forbidden("people_only", "Only a person can enter a tenant.")
        tenant = Tenant.objects.select_for_update().filter(pk=tenant_id, partner_id=partner_id).first()
        if tenant is None or tenant.status != TenantStatus.READY:
            raise NoSuchTenant
        _check_roles(roles)
        user = get_user(actor.user_id)
        same = AccessLease.objects.filter(
            tenant_id=tenant_id,
            partner_user_id=user.id,
            roles=sorted(set(roles)),
            reason=reason.strip(),
            revoked_at=None,
            starts_at__gt=now() - _SAME_CLICK,
        ).first()
        return same or grant_lease(
            partner_id=partner_id,
            tenant_id=tenant_id,
            partner_user_id=user.id,
            partner_user_email=user.email,
            roles=roles,
            reason=reason,
            hours=hours,
            actor=actor,
        )


def _check_roles(roles: Sequence[str]) -> None:
    problems = [
        Problem("/roles", f"There is no role {role!r} for staff.", "unknown_role")
        for role in roles
        if role not in STAFF_ROLES
    ]
    if problems:
        raise Invalid("unknown_role", "The roles are not valid; see errors.", problems)
