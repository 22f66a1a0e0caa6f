"""Commands of the reseller's business; all run in the platform's schema."""

from apps.partners.services.brands import edit_brand
from apps.partners.services.leases import take_access
from apps.partners.services.partners import create_partner
from apps.partners.services.tenants import create_tenant, retry_provisioning
from apps.partners.types import TenantOrder

__all__ = [
    "TenantOrder",
    "create_partner",
    "create_tenant",
    "edit_brand",
    "retry_provisioning",
    "take_access",
]
