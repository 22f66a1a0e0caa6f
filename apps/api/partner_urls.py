"""REST v1 of a partner's host."""

from django.urls import include, path, re_path

from apps.api.partner import urls as partner
from apps.api.problems import no_such_address
from apps.api.views import openapi, reference

urlpatterns = [
    path("openapi.json", openapi, name="api_document"),
    path("docs/", reference, name="api_reference"),
    path("", include("apps.accounts.api.urls")),
    path("", include(partner)),
    path("", include("apps.partners.api.urls")),
    re_path("", no_such_address),
]
