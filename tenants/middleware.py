"""From the Host header to the tenant, before anything else looks at the request."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from tenants import directory
from tenants.context import platform_context, tenant_context
from tenants.db import connection
from tenants.types import HostedRequest, HostRef

# Answered without a tenant, on any host: what a load balancer and a metrics collector ask.
HOSTLESS = frozenset({"/livez", "/readyz", "/metrics"})


class HostMiddleware:
    """Resolve the host, enter its tenant (or the platform) and choose the URL root; unknown hosts get a neutral 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in HOSTLESS:
            request.urlconf = settings.ROOT_URLCONF
            return self.get_response(request)
        try:
            return self._answer(request)
        finally:
            connection.set_schema_to_nobody()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        host = _host_name(request)
        ref = HostRef(host, None, None) if host == settings.OPERATOR_HOST else directory.resolve_host(host)
        if ref is None:
            return HttpResponse(render_to_string("errors/neutral.html"), status=404)
        hosted = cast(HostedRequest, request)
        hosted.host, hosted.tenant, hosted.partner, hosted.brand = ref, ref.tenant, ref.partner, ref.brand
        if ref.tenant is not None:
            request.urlconf = settings.TENANT_URLCONF
            with tenant_context(ref.tenant), timezone.override(ref.tenant.timezone):
                return self.get_response(request)
        request.urlconf = settings.PARTNER_URLCONF if ref.partner else settings.PUBLIC_SCHEMA_URLCONF
        with platform_context():
            return self.get_response(request)


def _host_name(request: HttpRequest) -> str:
    """Return the host of the request in lower case, without port and trailing dot; "" if it cannot be one."""
    raw = str(request.META.get("HTTP_HOST", "")).lower()
    name = raw.rsplit(":", 1)[0] if raw.rpartition(":")[2].isdigit() else raw
    return name.rstrip(".")[:253]
