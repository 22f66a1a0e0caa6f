"""The outermost middleware: an id for each request, and one log line."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from apps.core.context import bind_request_id

log = structlog.get_logger("access")
_ACCEPTABLE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestIdMiddleware:
    """Bind the caller's ``X-Request-Id`` (or a new one), answer with it, and log the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-Id", "")
        with bind_request_id(sent if _ACCEPTABLE.match(sent) else "") as bound:
            started = time.perf_counter()
            response = self.get_response(request)
            response["X-Request-Id"] = bound
            log.info(
                "request",
                method=request.method,
                path=_told(request),
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            return response


def _told(request: HttpRequest) -> str:
    """The path without a secret: the part of an address that is named ``token`` is one."""
    match = request.resolver_match
    token = match.kwargs.get("token") if match else None
    return request.path.replace(str(token), "***") if token else request.path
