"""REST v1 of a tenant's host: every app's resources under one root."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.api.problems import no_such_address
from apps.api.views import openapi, reference

# Addresses are tried one after another: first what is asked for most.
_ROOMS = ("approvals", "inbox", "workflows", "delivery", "integrations", "messaging", "accounts", "ledger")


def _rooms() -> list[URLPattern | URLResolver]:
    """The resources of all apps that have any; each app keeps its own list in ``api/urls.py``."""
    names = [f"apps.{room}.api.urls" for room in _ROOMS]
    return [
        path("", include(name)) for name in names if find_spec(name.removesuffix(".urls")) and find_spec(name)
    ]


urlpatterns = [
    path("openapi.json", openapi, name="api_document"),
    path("docs/", reference, name="api_reference"),
    *_rooms(),
    path("", include("apps.accounts.api.groups")),
    re_path("", no_such_address),
]
