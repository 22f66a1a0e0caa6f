"""Evidence that an administrator has shared by a link: no account is needed, and looking changes nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from apps.approvals.api.evidence import archive_response
from apps.approvals.exceptions import ShareOver
from apps.approvals.selectors.shares import open_share, shared_packet
from apps.core.errors import NotFound
from apps.core.views import not_found
from tenants.context import current_tenant


class SharedEvidencePage(View):
    """What the link opens, and how to verify it."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with timezone.override(ZoneInfo(current_tenant().timezone)):
                response = super().dispatch(request, *args, **kwargs)
        except ShareOver as error:
            response = render(
                request, "status/evidence.html", {"share": None, "problem": error}, status=error.status
            )
        except NotFound as error:
            response = not_found(request, error)
        # The address is the key: it is told to nobody and kept by no cache.
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store, private"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return render(request, "status/evidence.html", {"share": open_share(token)})


class SharedEvidenceFile(SharedEvidencePage):
    """The packet as a download."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return archive_response(shared_packet(open_share(token)))
