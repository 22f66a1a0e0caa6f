"""Immutable views of partners, tenants and brands: what a process may keep in memory."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class BrandRef:
    """Looks and voice of one partner or tenant; ``version`` changes with every edit and names its style sheet."""

    name: str
    primary: str
    accent: str
    logo_url: str
    support_email: str
    mail_from: str
    version: int
    css_url: str
    favicon_url: str = ""


@dataclass(frozen=True, slots=True)
class PartnerRef:
    id: UUID
    slug: str
    name: str
    brand: BrandRef


@dataclass(frozen=True, slots=True)
class TenantRef:
    """One isolated workspace. ``schema_name`` is the only schema its statements can reach."""

    id: UUID
    slug: str
    name: str
    schema_name: str
    partner_id: UUID
    partner_slug: str
    environment: str
    region: str
    timezone: str
    currency: str
    primary_host: str
    brand: BrandRef


@dataclass(frozen=True, slots=True)
class HostRef:
    """What a host name leads to: a tenant, a partner's console, or (neither set) the operators' admin."""

    host: str
    tenant: TenantRef | None
    partner: PartnerRef | None

    @property
    def brand(self) -> BrandRef | None:
        if self.tenant:
            return self.tenant.brand
        return self.partner.brand if self.partner else None


class HostedRequest(HttpRequest):
    """A request after the host middleware: what its host leads to. Outside of tenants ``tenant`` is None."""

    host: HostRef
    tenant: TenantRef | None
    partner: PartnerRef | None
    brand: BrandRef | None
