"""A partner's tenants; another partner's are not there."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.partners.exceptions import NoSuchTenant
from tenants.models import Tenant


def list_tenants(
    partner_id: UUID, *, search: str = "", environment: str = "", status: str = ""
) -> QuerySet[Tenant]:
    """Return the partner's tenants with their hosts."""
    rows = Tenant.objects.filter(partner_id=partner_id).prefetch_related("domains")
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(slug__icontains=search))
    if environment:
        rows = rows.filter(environment=environment)
    return rows.filter(status=status) if status else rows


def get_tenant(partner_id: UUID, tenant_id: UUID) -> Tenant:
    """Return one tenant of the partner; raise NoSuchTenant."""
    tenant = list_tenants(partner_id).filter(pk=tenant_id).first()
    if tenant is None:
        raise NoSuchTenant
    return tenant


def count_by_status(partner_id: UUID) -> dict[str, int]:
    """Return how many tenants the partner has in each status that occurs."""
    rows = (
        Tenant.objects.filter(partner_id=partner_id).order_by().values("status").annotate(count=Count("pk"))
    )
    return {str(row["status"]): int(row["count"]) for row in rows}
