"""How a partner's tenants fare, setting one up again, and the brand's logo."""

from typing import Any, cast
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.core.errors import NotFound
from apps.partners.api import serializers as shapes
from apps.partners.selectors import get_brand, get_tenant, health_of
from apps.partners.services import edit_brand, retry_provisioning


class PartnerCommand(Resource):
    """What these views share: whose host it is."""

    @property
    def partner_id(self) -> UUID:
        return cast(UUID, cast(Any, self.request).partner.id)


class Health(PartnerCommand):
    actions = {"GET": "tenants:read"}
    returns = {"GET": shapes.HealthShape}

    def get(self, request: Request, tenant_id: UUID) -> Response:
        """Show how a tenant fares: counts and times, nothing of its business."""
        tenant = get_tenant(self.partner_id, tenant_id)
        return self.respond(shapes.HealthShape, health_of([tenant])[tenant.pk])


class TenantRetried(PartnerCommand):
    actions = {"POST": "tenants:manage"}
    takes = {"POST": shapes.Nothing}
    returns = {"POST": shapes.TenantState}
    statuses = {"POST": 202}

    def post(self, request: Request, tenant_id: UUID) -> Response:
        """Set a tenant up again whose provisioning failed; one that is past that stays as it is."""
        self.read()
        tenant = retry_provisioning(partner_id=self.partner_id, tenant_id=tenant_id, actor=self.actor)
        return self.respond(shapes.TenantState, tenant, status=202)


class BrandLogo(PartnerCommand):
    actions = {"PUT": "brands:manage", "DELETE": "brands:manage"}
    takes = {"PUT": shapes.Logo}
    returns = {"PUT": shapes.BrandVersion}

    def put(self, request: Request, brand_id: UUID) -> Response:
        """Replace your brand's logo; it is in force at once on every host that carries it."""
        self._check(brand_id)
        brand = edit_brand(brand_id=brand_id, changes={}, logo=self.read()["content"], actor=self.actor)
        return self.respond(shapes.BrandVersion, brand)

    def delete(self, request: Request, brand_id: UUID) -> Response:
        """Show the brand's name instead of a logo."""
        self._check(brand_id)
        edit_brand(brand_id=brand_id, changes={}, remove_logo=True, actor=self.actor)
        return Response(status=204)

    def _check(self, brand_id: UUID) -> None:
        brand = get_brand(self.partner_id)
        if brand.id != brand_id:
            raise NotFound("not_found", "There is no such brand.")
        self.check_if_match(brand)
