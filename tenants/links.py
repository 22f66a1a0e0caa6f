"""Absolute addresses of a tenant's or a partner's own pages, for where no request is at hand."""

from dataclasses import dataclass

from django.conf import settings

from tenants.context import current_tenant
from tenants.types import BrandRef, TenantRef


@dataclass(frozen=True, slots=True)
class Place:
    """A host with its brand: where a message comes from and where its links lead."""

    host: str
    name: str
    brand: BrandRef

    @property
    def origin(self) -> str:
        return f"{settings.URL_SCHEME}://{with_port(self.host)}"

    def url(self, path: str) -> str:
        """Return the absolute address of a path; raise ValueError for anything that could lead to another host."""
        if not path.startswith("/") or path.startswith(("//", "/\\")):
            raise ValueError(f"not a path on this host: {path!r}")
        return f"{self.origin}{path}"


def place_of(tenant: TenantRef) -> Place:
    return Place(host=tenant.primary_host, name=tenant.name, brand=tenant.brand)


def tenant_url(path: str) -> str:
    """Return the absolute address of a path on the entered tenant's primary host."""
    return place_of(current_tenant()).url(path)


def with_port(host: str) -> str:
    """Return the host with the port of the base domain, if it lives under it and names none itself."""
    base, _, port = settings.BASE_DOMAIN.partition(":")
    below = host == base or host.endswith(f".{base}")
    return f"{host}:{port}" if port and below else host
