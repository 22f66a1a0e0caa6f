"""Error pages: in the brand of the host for people, problem+json for programs."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.context import request_id
from apps.core.errors import DomainError

_TEMPLATES = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html"}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "There is nothing at this address.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "You may not see or do this.")


def server_error(request: HttpRequest) -> HttpResponse:
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
    template = (
        "errors/neutral_404.html" if getattr(request, "brand", None) is None else f"errors/{status}.html"
    )
    return render(request, template, {"detail": detail, "request_id": request_id()}, status=status)


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
