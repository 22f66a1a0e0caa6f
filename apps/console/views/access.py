"""Ways of the partner's people into a tenant, each for a while and for a reason."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.console.forms import AccessForm
from apps.console.views.base import PartnerPage, SeeOther
from apps.console.views.tenants import OneTenant
from apps.core.errors import DomainError, Forbidden, NotFound
from apps.partners.selectors import list_leases
from apps.partners.services import take_access
from tenants.links import Place
from tenants.models import AccessLease
from tenants.services.leases import begin_handover, revoke_lease


class TakeAccess(OneTenant):
    """Get access to a tenant for oneself."""

    http_method_names = ["get", "head", "post"]
    actions = {"GET": "tenants:read", "POST": "leases:manage"}

    def get(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        return SeeOther(reverse("console:tenant", args=[tenant_id]))

    def post(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        form = AccessForm(request.POST)
        if form.is_valid():
            try:
                lease = take_access(
                    partner_id=self.partner.id, tenant_id=tenant_id, actor=self.actor, **form.cleaned_data
                )
                words = f"You have access to {lease.tenant.name}. Enter when you are ready."
                return self.done(reverse("console:tenant", args=[tenant_id]), words)
            except (Forbidden, NotFound):
                raise
            except DomainError as error:
                form.take(error)
        return self.show(tenant_id, form, status=422)


class LeaseCommand(PartnerPage):
    """A command on an access lease of the partner."""

    http_method_names = ["get", "head", "post"]
    actions = {"GET": "leases:read", "POST": "leases:manage"}

    def get(self, request: HttpRequest, lease_id: UUID) -> HttpResponse:
        return SeeOther(reverse("console:tenant", args=[self.lease(lease_id).tenant_id]))

    def lease(self, lease_id: UUID) -> AccessLease:
        """Return the lease with its tenant and hosts; raise NotFound, also for one of another partner."""
        rows = list_leases(self.partner.id).prefetch_related("tenant__domains")
        lease = rows.filter(pk=lease_id).first()
        if lease is None:
            raise NotFound("not_found", "There is no such lease.")
        return lease


class EnterTenant(LeaseCommand):
    """Go over to the tenant's host under one's lease.

    The page's policy lets no form lead to another host, so the way is a link, which scripts follow by themselves.
    """

    def post(self, request: HttpRequest, lease_id: UUID) -> HttpResponse:
        lease = self.lease(lease_id)
        token = begin_handover(
            partner_id=self.partner.id,
            lease_id=lease.pk,
            partner_user_id=UUID(self.actor.user_id),
            actor=self.actor,
        )
        host = next(domain.domain for domain in lease.tenant.domains.all() if domain.is_primary)
        place = Place(host=host, name=lease.tenant.name, brand=self.partner.brand)
        url = place.url(f"/access/{token}/")
        if getattr(request, "htmx", False):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = url
            return response
        return self.page("console/access/enter.html", {"lease_taken": lease, "url": url})


class RevokeLease(LeaseCommand):
    """End somebody's access now."""

    def post(self, request: HttpRequest, lease_id: UUID) -> HttpResponse:
        lease = revoke_lease(
            partner_id=self.partner.id, lease_id=lease_id, actor=self.actor, reason=self.sent("reason")[:400]
        )
        words = f"{lease.partner_user_email} can no longer enter {lease.tenant.name}."
        return self.done(reverse("console:tenant", args=[lease.tenant_id]), words)
