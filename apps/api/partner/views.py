"""A partner's resources: its tenants, its brands, and the leases of its staff. Nothing of another partner is reachable."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.selectors import visible_users
from apps.api.partner import serializers as shapes
from apps.core.api.views import Resource
from apps.core.errors import Invalid, NotFound, Problem
from apps.partners.services import TenantOrder, create_tenant, edit_brand
from tenants.links import with_port
from tenants.models import AccessLease, Brand, Tenant
from tenants.services.leases import begin_handover, grant_lease, revoke_lease
from tenants.types import PartnerRef


class PartnerResource(Resource):
    """What the views of a partner's host share."""

    @property
    def partner(self) -> PartnerRef:
        return cast(PartnerRef, cast(Any, self.request).partner)

    def tenants(self) -> QuerySet[Tenant]:
        return Tenant.objects.filter(partner_id=self.partner.id).prefetch_related("domains")

    def brands(self) -> QuerySet[Brand]:
        ours = Q(partners=self.partner.id) | Q(tenants__partner=self.partner.id)
        return Brand.objects.filter(pk__in=Brand.objects.filter(ours).values("pk"))

    def leases(self) -> QuerySet[AccessLease]:
        return AccessLease.objects.filter(tenant__partner_id=self.partner.id).select_related("tenant")


class Tenants(PartnerResource):
    actions = {"GET": "tenants:read", "POST": "tenants:manage"}
    takes = {"POST": shapes.NewTenant}
    returns = {"GET": shapes.TenantShape, "POST": shapes.TenantShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List your tenants."""
        self.query()
        return self.page(self.tenants(), shapes.TenantShape)

    def post(self, request: Request) -> Response:
        """Order a tenant; it is ready when its status says so, usually within seconds."""
        order = TenantOrder(**self.read())
        tenant = create_tenant(partner_id=self.partner.id, order=order, actor=self.actor)
        return self.respond(shapes.TenantShape, tenant, status=201, location=f"/api/v1/tenants/{tenant.pk}")


class OneTenant(PartnerResource):
    actions = {"GET": "tenants:read"}
    returns = {"GET": shapes.TenantShape}

    def get(self, request: Request, tenant_id: UUID) -> Response:
        """Show a tenant."""
        tenant = self.tenants().filter(pk=tenant_id).first()
        if tenant is None:
            raise NotFound("not_found", "There is no such tenant.")
        return self.respond(shapes.TenantShape, tenant)


class Brands(PartnerResource):
    actions = {"GET": "brands:read"}
    returns = {"GET": shapes.BrandShape}
    listing = True

    def get(self, request: Request) -> Response:
        """List your brands."""
        self.query()
        return self.page(self.brands(), shapes.BrandShape)


class OneBrand(PartnerResource):
    actions = {"GET": "brands:read", "PATCH": "brands:manage"}
    takes = {"PATCH": shapes.BrandChange}
    returns = {"GET": shapes.BrandShape, "PATCH": shapes.BrandShape}

    def get(self, request: Request, brand_id: UUID) -> Response:
        """Show a brand."""
        return self.respond(shapes.BrandShape, self._brand(brand_id))

    def patch(self, request: Request, brand_id: UUID) -> Response:
        """Change a brand; it is in force at once on every host that carries it."""
        self.check_if_match(self._brand(brand_id))
        return self.respond(
            shapes.BrandShape, edit_brand(brand_id=brand_id, changes=self.read(), actor=self.actor)
        )

    def _brand(self, brand_id: UUID) -> Brand:
        brand = self.brands().filter(pk=brand_id).first()
        if brand is None:
            raise NotFound("not_found", "There is no such brand.")
        return brand


class Leases(PartnerResource):
    actions = {"GET": "leases:read", "POST": "leases:manage"}
    takes = {"POST": shapes.NewLease}
    returns = {"GET": shapes.LeaseShape, "POST": shapes.LeaseShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the access leases of your staff."""
        self.query()
        return self.page(self.leases(), shapes.LeaseShape)

    def post(self, request: Request) -> Response:
        """Grant a person of yours time-boxed access to a tenant."""
        given = self.read()
        _check_roles(given["roles"])
        holder_id = given.pop("user_id", None) or UUID(self.actor.user_id)
        holder = visible_users(self.actor).filter(pk=holder_id, is_active=True).first()
        if holder is None:
            problem = Problem("/user_id", "There is no active user of this id.", "unknown_user")
            raise Invalid("unknown_user", problem.message, [problem])
        lease = grant_lease(
            partner_id=self.partner.id,
            partner_user_id=holder.pk,
            partner_user_email=holder.email,
            actor=self.actor,
            **given,
        )
        return self.respond(
            shapes.LeaseShape, lease, status=201, location=f"/api/v1/access-leases/{lease.pk}"
        )


class OneLease(PartnerResource):
    actions = {"GET": "leases:read"}
    returns = {"GET": shapes.LeaseShape}

    def get(self, request: Request, lease_id: UUID) -> Response:
        """Show an access lease."""
        lease = self.leases().filter(pk=lease_id).first()
        if lease is None:
            raise NotFound("not_found", "There is no such lease.")
        return self.respond(shapes.LeaseShape, lease)


class LeaseRevoked(PartnerResource):
    actions = {"POST": "leases:manage"}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.LeaseShape}

    def post(self, request: Request, lease_id: UUID) -> Response:
        """End an access lease now."""
        lease = revoke_lease(partner_id=self.partner.id, lease_id=lease_id, actor=self.actor, **self.read())
        return self.respond(shapes.LeaseShape, lease)


class LeaseEntered(PartnerResource):
    actions = {"POST": "leases:read"}
    takes = {"POST": shapes.Nothing}
    returns = {"POST": shapes.Handover}
    secret_fields = frozenset({"url"})

    def post(self, request: Request, lease_id: UUID) -> Response:
        """Get the address that opens the tenant to you under your lease."""
        self.read()
        tenant = Tenant.objects.filter(leases=lease_id, partner_id=self.partner.id).first()
        if tenant is None:
            raise NotFound("not_found", "There is no such lease.")
        holder_id = UUID(self.actor.user_id)
        token = begin_handover(
            partner_id=self.partner.id, lease_id=lease_id, partner_user_id=holder_id, actor=self.actor
        )
        return Response({"url": access_url(tenant, token)})


def access_url(tenant: Tenant, token: str) -> str:
    """Return the address on the tenant's host that uses a handover."""
    host = tenant.domains.filter(is_primary=True).values_list("domain", flat=True).get()
    return f"{settings.URL_SCHEME}://{with_port(host)}/access/{token}/"


def _check_roles(roles: list[str]) -> None:
    problems = [
        Problem(f"/roles/{index}", f"There is no role {role!r} for staff.", "unknown_role")
        for index, role in enumerate(roles)
        if role not in STAFF_ROLES
    ]
    if problems:
        raise Invalid("unknown_role", "The roles are not valid; see errors.", problems)
