"""What every page of the portal has in common."""

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from apps.accounts import policies
from apps.accounts.choices import STAFF_ROLES
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.views import domain_error
from apps.portal.selectors.inbox import nav_counts
from apps.workflows.choices import PauseScope
from apps.workflows.selectors.pauses import wide_pause
from tenants.context import current_tenant

CUSTOMERS_HOME = "/status/"
_ASKED = {"templates": "templates:read", "events": "events:read", "audit": "audit:read"}
"""Entries of the navigation that not everybody may open."""


class SeeOther(HttpResponseRedirect):
    """After a command: look here, with a GET."""

    status_code = 303


class StaffPage(View):
    """A page for the tenant's staff: ``action`` is asked before anything is read, ``section`` lights the navigation.

    Nobody is sent to sign in and back; customers' people are sent to their status pages.
    """

    http_method_names = ["get", "head", "post"]
    section: ClassVar[str] = ""
    action: ClassVar[str] = ""

    @property
    def actor(self) -> Actor:
        """Who looks."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return _to_sign_in(request, is_page="get" in self.http_method_names and hasattr(self, "get"))
        if not actor.roles & STAFF_ROLES:
            return HttpResponseRedirect(self.place_of_customers(actor, **kwargs))
        with timezone.override(ZoneInfo(current_tenant().timezone)):
            try:
                if self.action:
                    policies.require(actor, self.action)
                return super().dispatch(request, *args, **kwargs)
            except DomainError as error:
                return domain_error(request, error)

    def place_of_customers(self, actor: Actor, **_ids: Any) -> str:
        """Return where a customer's person is sent who comes here."""
        return CUSTOMERS_HOME

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Render the page with the navigation around it."""
        around = {
            "section": self.section,
            "nav_counts": nav_counts(self.actor, inbox=context.get("nav_inbox")),
            "nav_may": self._places(),
            "workspace_pause": wide_pause(PauseScope.TENANT),
        }
        return render(self.request, template, {**around, **context}, status=status)

    def part(self, template: str, context: Mapping[str, Any]) -> HttpResponse:
        """Render a piece of a page, without the navigation around it."""
        return render(self.request, template, dict(context))

    def _places(self) -> dict[str, bool]:
        return {section: self.may(action) for section, action in _ASKED.items()}

    def may(self, action: str) -> bool:
        """Whether to offer a command at all; the service asks again."""
        return policies.may(self.actor, action)

    def done(self, url: str, words: str) -> HttpResponse:
        """Say what was done, and show how things stand now."""
        messages.success(self.request, words)
        return SeeOther(url)

    def seen(self, url: str) -> HttpResponse:
        """Show how things stand now."""
        return SeeOther(url)

    def came_late(self, url: str, error: DomainError) -> HttpResponse:
        """A command that no longer applies, such as a second click: say why, and show how things stand now."""
        messages.info(self.request, error.detail)
        return SeeOther(url)

    def asked(self, name: str) -> str:
        """Return a parameter of the address as text that can be looked for."""
        return self.request.GET.get(name, "").replace("\x00", "").strip()[:120]

    def asked_exactly(self, name: str) -> str:
        """Return a parameter of the address as it is, such as a cursor."""
        return self.request.GET.get(name, "")

    def sent(self, name: str) -> str:
        """Return a field of the form as text that can be stored."""
        return self.request.POST.get(name, "").replace("\x00", "").strip()


def _to_sign_in(request: HttpRequest, *, is_page: bool) -> HttpResponse:
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = settings.LOGIN_URL
        return response
    # A form that was sent too late lies at the address of its page, which brings back what was typed.
    wanted = (
        request.get_full_path() if request.method in ("GET", "HEAD") else request.path if is_page else "/"
    )
    return redirect_to_login(wanted, settings.LOGIN_URL)
