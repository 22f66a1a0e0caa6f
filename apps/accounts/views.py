"""Pages of signing in that are not allauth's."""

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View

from apps.accounts.services.leases import enter_under_lease
from apps.core.clock import now
from tenants.context import current_tenant, tenant_or_none
from tenants.exceptions import HandoverInvalid
from tenants.services.leases import peek_handover


class AccessView(View):
    """Partner staff enter a tenant: a page that says what is about to happen, and a button that does it."""

    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if tenant_or_none() is None:
            raise Http404("a console is not entered by a lease")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        lease = peek_handover(token=token, tenant_id=current_tenant().id)
        status = 200 if lease is not None else HandoverInvalid.status
        return render(
            request, "account/access.html", {"granted": lease, "problem": HandoverInvalid()}, status=status
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            user, lease = enter_under_lease(token=token, tenant_id=current_tenant().id)
        except HandoverInvalid as error:
            return render(
                request, "account/access.html", {"granted": None, "problem": error}, status=error.status
            )
        request.session.flush()
        login(request, user, backend="apps.accounts.backends.SignInBackend")
        request.session.set_expiry(max(1, int((lease.ends_at - now()).total_seconds())))
        return HttpResponseRedirect("/")
