"""Commands of the reseller's business; all run in the platform's schema."""

from apps.partners.services.brands import edit_brand
from apps.partners.services.partners import create_partner
from apps.partners.services.tenants import TenantOrder, create_tenant

__all__ = ["TenantOrder", "create_partner", "create_tenant", "edit_brand"]
