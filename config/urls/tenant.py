"""A tenant's host: portal, status pages, API, hooks."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("apps.api.urls")),
    path("", include("tenants.urls")),
    path("", include("apps.accounts.urls")),
    path(".well-known/", include("apps.ledger.urls")),
    path("hooks/", include("apps.integrations.urls")),
    path("status/", include("apps.status.urls")),
    path("", include("apps.portal.urls")),
]
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
handler403 = "apps.core.views.forbidden"
