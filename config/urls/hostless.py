"""What every host answers without a tenant."""

from django.urls import path

from apps.core import health

handler500 = "apps.core.views.server_error"

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
