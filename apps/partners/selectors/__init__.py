"""Reads of the reseller's business: a partner's tenants, how they fare, who may enter them, what their queues hold."""

from apps.partners.selectors.brands import get_brand
from apps.partners.selectors.health import health_of
from apps.partners.selectors.leases import find_own_lease, list_leases
from apps.partners.selectors.queues import lanes_of, parked_work
from apps.partners.selectors.tenants import count_by_status, get_tenant, list_tenants

__all__ = [
    "count_by_status",
    "find_own_lease",
    "get_brand",
    "get_tenant",
    "health_of",
    "lanes_of",
    "list_leases",
    "list_tenants",
    "parked_work",
]
