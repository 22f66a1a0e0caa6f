"""The partner's tenants: which one needs somebody, one of them, a new one."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from apps.accounts.policies import may
from apps.console.forms import AccessForm, TenantForm
from apps.console.types import TenantLine
from apps.console.views.base import PartnerPage, SeeOther
from apps.console.wording import health_words, list_title, role_words, tenant_title
from apps.core.api.paging import cut_page
from apps.core.clock import now
from apps.core.errors import DomainError, Forbidden
from apps.partners.exceptions import HostTaken
from apps.partners.selectors import (
    count_by_status,
    find_own_lease,
    get_tenant,
    health_of,
    list_leases,
    list_tenants,
)
from apps.partners.services import TenantOrder, create_tenant, retry_provisioning
from apps.partners.types import TenantHealth
from tenants.choices import Environment, TenantStatus
from tenants.links import with_port
from tenants.models import Tenant

LEASES_SHOWN = 25
_SAME_CLICK = timedelta(minutes=2)


class TenantList(PartnerPage):
    """Which tenant needs me, and why."""

    section = "tenants"
    actions = {"GET": "tenants:read"}

    def get(self, request: HttpRequest) -> HttpResponse:
        search = request.GET.get("q", "").replace("\x00", "").strip()[:80]
        environment = request.GET.get("environment", "")
        environment = environment if environment in Environment.values else ""
        rows = list_tenants(self.partner.id, search=search, environment=environment)
        cut = cut_page(rows, Request(request))
        lines = sorted(tenant_lines(cut.rows), key=lambda line: not line.reasons)
        total = sum(count_by_status(self.partner.id).values())
        return self.page(
            "console/tenants/list.html",
            {
                "title": list_title(lines, total),
                "lines": lines,
                "total": total,
                "search": search,
                "environment": environment,
                "environments": Environment.choices,
                "next_url": _query(cut.next),
                "previous_url": _query(cut.previous),
            },
        )


class NewTenant(PartnerPage):
    """Make a tenant; it is ready a few seconds later."""

    section = "tenants"
    http_method_names = ["get", "head", "post"]
    actions = {"GET": "tenants:manage"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("console/tenants/new.html", {"form": TenantForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TenantForm(request.POST)
        if form.is_valid():
            order = TenantOrder(**form.cleaned_data)
            try:
                tenant = create_tenant(partner_id=self.partner.id, order=order, actor=self.actor)
                return SeeOther(reverse("console:tenant", args=[tenant.pk]))
            except Forbidden:
                raise
            except DomainError as error:
                clicked_twice = self._just_made(order) if isinstance(error, HostTaken) else None
                if clicked_twice is not None:
                    return SeeOther(reverse("console:tenant", args=[clicked_twice.pk]))
                form.take(error)
        return self.page("console/tenants/new.html", {"form": form}, status=422)

    def _just_made(self, order: TenantOrder) -> Tenant | None:
        """Return the tenant that the first of two clicks has made."""
        mine = list_tenants(self.partner.id).filter(slug=order.slug, name=order.name)
        return mine.filter(created_at__gt=now() - _SAME_CLICK).first()


class OneTenant(PartnerPage):
    """One tenant: how it fares, where it is, who of us may enter."""

    section = "tenants"
    actions = {"GET": "tenants:read"}

    def get(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        return self.show(tenant_id, AccessForm())

    def show(self, tenant_id: UUID, form: AccessForm, *, status: int = 200) -> HttpResponse:
        """Render the page, with the form for access as it was sent."""
        tenant = get_tenant(self.partner.id, tenant_id)
        line = tenant_lines([tenant])[0]
        at = now()
        ready = tenant.status == TenantStatus.READY
        own = (
            find_own_lease(self.partner.id, tenant_id=tenant.pk, user_id=UUID(self.actor.user_id))
            if ready
            else None
        )
        leases = list_leases(self.partner.id, tenant_id=tenant.pk)[:LEASES_SHOWN]
        return self.page(
            "console/tenants/detail.html",
            {
                "title": tenant_title(line),
                "line": line,
                "hosts": [with_port(domain.domain) for domain in tenant.domains.all()],
                "ready": ready,
                "waiting": tenant.status == TenantStatus.PROVISIONING,
                "failed": tenant.status == TenantStatus.FAILED,
                "own_lease": own,
                "leases": sorted(
                    ((lease, lease.is_active(at), role_words(lease.roles)) for lease in leases),
                    key=lambda row: not row[1],
                ),
                "form": form,
                "may_enter": may(self.actor, "leases:manage"),
            },
            status=status,
        )


class TenantState(PartnerPage):
    """What the page of a tenant that is being set up asks every second."""

    actions = {"GET": "tenants:read"}

    def get(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        tenant = get_tenant(self.partner.id, tenant_id)
        if tenant.status == TenantStatus.PROVISIONING:
            return self.page("console/tenants/_setting_up.html", {"tenant_made": tenant})
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response


class RetryTenant(PartnerPage):
    """Set a tenant up again that could not be set up."""

    http_method_names = ["get", "head", "post"]
    actions = {"GET": "tenants:manage"}

    def get(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        return SeeOther(reverse("console:tenant", args=[tenant_id]))

    def post(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        retry_provisioning(partner_id=self.partner.id, tenant_id=tenant_id, actor=self.actor)
        return SeeOther(reverse("console:tenant", args=[tenant_id]))


def tenant_lines(tenants: Sequence[Tenant]) -> list[TenantLine]:
    """Return the tenants (their hosts read along) with how they fare, in two queries."""
    health = health_of(tenants)
    return [_line(tenant, health[tenant.pk]) for tenant in tenants]


def _line(tenant: Tenant, health: TenantHealth) -> TenantLine:
    word, tone, reasons = health_words(tenant.status, health, now())
    host = next((with_port(domain.domain) for domain in tenant.domains.all() if domain.is_primary), "")
    return TenantLine(
        tenant=tenant,
        health=health,
        host=host,
        url=f"{settings.URL_SCHEME}://{host}/" if host else "",
        word=word,
        tone=tone,
        reasons=reasons,
    )


def _query(url: str | None) -> str:
    return f"?{urlsplit(url).query}" if url else ""
