"""What every page of the console has in common."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.views import domain_error
from tenants.types import PartnerRef


class SeeOther(HttpResponseRedirect):
    """After a command: look here, with a GET."""

    status_code = 303


class PartnerPage(View):
    """A page for the partner's administrators: ``actions`` says by method what is asked before anything is read.

    Nothing of another partner can be named: every read and command goes through ``partner``.
    """

    http_method_names = ["get", "head"]
    section: ClassVar[str] = ""
    actions: ClassVar[Mapping[str, str]] = {}

    @property
    def actor(self) -> Actor:
        """Who looks."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def partner(self) -> PartnerRef:
        """Whose host this is."""
        partner: PartnerRef = self.request.partner  # type: ignore[attr-defined]
        return partner

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return _to_sign_in(request)
        try:
            method = "GET" if request.method == "HEAD" else str(request.method)
            policies.require(actor, self.actions.get(method, self.actions["GET"]))
            return super().dispatch(request, *args, **kwargs)
        except DomainError as error:
            return domain_error(request, error)

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Render the page with the navigation around it."""
        return render(self.request, template, {"section": self.section, **context}, status=status)

    def done(self, url: str, words: str) -> HttpResponse:
        """Say what was done, and show how things stand now."""
        messages.success(self.request, words)
        return SeeOther(url)

    def sent(self, name: str) -> str:
        """Return a field of the form as text that can be stored."""
        return self.request.POST.get(name, "").replace("\x00", "").strip()


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = settings.LOGIN_URL
        return response
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(wanted, settings.LOGIN_URL)
