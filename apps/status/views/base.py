"""What every status page has in common."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import DomainError, Forbidden
from apps.core.views import domain_error
from apps.delivery.policies import is_customer
from tenants.context import current_tenant


class SeeOther(HttpResponseRedirect):
    """After a command: look here, with a GET."""

    status_code = 303


class StatusPage(View):
    """A page for the customer's people, who sign in by a code; the tenant's staff see it as they do, without its buttons."""

    http_method_names = ["get", "head"]
    has_page = True
    """Whether what was sent to an address is looked at under the same address."""

    @property
    def actor(self) -> Actor:
        """Who looks."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def is_preview(self) -> bool:
        """Whether staff look at what customers see."""
        return not is_customer(self.actor)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return redirect_to_login(self._wanted(request), reverse("account_request_login_code"))
        with timezone.override(ZoneInfo(current_tenant().timezone)):
            try:
                policies.require(actor, "projects:read")
                return super().dispatch(request, *args, **kwargs)
            except DomainError as error:
                return domain_error(request, error)

    def _wanted(self, request: HttpRequest) -> str:
        """A form that was sent too late lies at the address of its page, which brings back what was typed."""
        if request.method in ("GET", "HEAD"):
            return request.get_full_path()
        return request.path if self.has_page else reverse("status:home")

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Render the page."""
        return render(self.request, template, {"preview": self.is_preview, **context}, status=status)

    def refuse_preview(self) -> None:
        """Raise Forbidden for staff, who look but do not act here."""
        if self.is_preview:
            raise Forbidden("preview_only", "Only the customer’s own people can do this here.")

    def sent(self, name: str, limit: int = 2000) -> str:
        """Return a field of the form as text that can be stored."""
        return self.request.POST.get(name, "").replace("\x00", "").strip()[:limit]

    def done(self, url: str, words: str) -> HttpResponse:
        """Say what was done, and show how things stand now."""
        messages.success(self.request, words)
        return SeeOther(url)


class StatusCommand(StatusPage):
    """Something a customer does. Whoever loads its address is shown the first page instead."""

    http_method_names = ["get", "head", "post"]
    has_page = False

    def get(self, request: HttpRequest, **_ids: Any) -> HttpResponse:
        return SeeOther(reverse("status:home"))
