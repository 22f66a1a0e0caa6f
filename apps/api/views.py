"""The document and the reference page of the API itself."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.api.openapi import document
from apps.api.reference import chapters


def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI 3.1 document of this host. It holds nothing of anybody's data and needs no key."""
    response = JsonResponse(document(str(request.urlconf)))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=300"
    return response


def reference(request: HttpRequest) -> HttpResponse:
    """Show the reference page."""
    made = document(str(request.urlconf))
    return render(request, "portal/reference/page.html", {"chapters": chapters(made), "document": made})
