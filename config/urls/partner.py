"""A partner's host: the console and its API."""

from django.urls import include, path

urlpatterns = [
    path("", include("tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("api/v1/", include("apps.api.partner_urls")),
    path("", include("apps.console.urls")),
]
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
handler403 = "apps.core.views.forbidden"
