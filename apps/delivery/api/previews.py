"""A document as a piece of one of our own pages."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from apps.core.errors import NotFound
from apps.delivery.content import shown_inline
from apps.delivery.models import Document

_POLICY = {
    False: "sandbox; default-src 'none'; frame-ancestors 'self'",
    # The browser's own viewer does not open a PDF that is sandboxed; it runs no script of the file.
    True: "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
}


def preview_response(document: Document, content: bytes) -> HttpResponse:
    """Return a PDF or an image to be shown within a page; nothing in it may run or reach anywhere. Raises NotFound."""
    kind = shown_inline(content)
    if not kind:
        raise NotFound("not_found", "This file can only be downloaded.")
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(False, document.name) or "inline"
    response.headers["Content-Security-Policy"] = _POLICY[kind == "application/pdf"]
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
