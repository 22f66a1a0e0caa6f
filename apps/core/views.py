"""Error pages: in the brand of the host for people, problem+json for programs."""

import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.core.context import request_id
from apps.core.errors import DomainError
from apps.core.outages import is_outage

RETRY_AFTER_SECONDS = 5
_TEMPLATES = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html"}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "There is nothing at this address.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "You may not see or do this.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a view that raised; where the database is away that is said, with when to come back."""
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return _away(request)
    return _answer(request, 500, "Something went wrong on our side. It has been noted.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or came from elsewhere; what was typed is kept by the browser."""
    if _wants_json(request):
        return _problem(403, "csrf_failed", "The form has expired. Load the page again.")
    return render(request, "errors/expired.html", status=403)


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page for a refused command."""
    template = _TEMPLATES.get(error.status, "errors/409.html")
    return render(request, template, {"error": error, "detail": error.detail}, status=error.status)


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if _wants_json(request):
        return _problem(status, HTTPStatus(status).phrase.lower().replace(" ", "_"), detail)
    if getattr(request, "brand", None) is None:
        words = {"title": HTTPStatus(status).phrase.capitalize(), "detail": detail}
        return HttpResponse(render_to_string("errors/neutral.html", words), status=status)
    words = {"detail": detail, "request_id": request_id()}
    return render(request, f"errors/{status}.html", words, status=status)


def _away(request: HttpRequest) -> HttpResponse:
    detail = "We cannot read or store anything at the moment. Wait a few seconds and try again."
    if _wants_json(request):
        answer = _problem(503, "unavailable", detail)
    else:
        # Without the brand, the person and whatever else would have to be read.
        words = {"title": "Not possible at the moment", "detail": detail}
        answer = HttpResponse(render_to_string("errors/neutral.html", words), status=503)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/hooks/")) or "application/json" in request.headers.get(
        "Accept", ""
    )


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
        "request_id": request_id(),
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
