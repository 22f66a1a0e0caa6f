"""Who of a partner may enter its tenants, and until when."""

from uuid import UUID

from django.db.models import QuerySet

from apps.core.clock import now
from tenants.models import AccessLease


def list_leases(partner_id: UUID, *, tenant_id: UUID | None = None) -> QuerySet[AccessLease]:
    """Return the access leases in the partner's tenants, newest first."""
    rows = AccessLease.objects.filter(tenant__partner_id=partner_id).select_related("tenant")
    return (rows.filter(tenant_id=tenant_id) if tenant_id else rows).order_by("-id")


def find_own_lease(partner_id: UUID, *, tenant_id: UUID, user_id: UUID) -> AccessLease | None:
    """Return the person's lease in the tenant that holds now and lasts longest, if there is one."""
    at = now()
    rows = list_leases(partner_id, tenant_id=tenant_id).filter(
        partner_user_id=user_id, revoked_at=None, starts_at__lte=at, ends_at__gt=at
    )
    return rows.order_by("-ends_at").first()
