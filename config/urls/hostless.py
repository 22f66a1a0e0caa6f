"""What every host answers without a tenant."""

from django.urls import path

from apps.core import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
