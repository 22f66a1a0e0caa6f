"""Addresses below /api/v1/ on a partner's host."""

from django.urls import path

from apps.partners.api import views

urlpatterns = [
    path("tenants/<uuid:tenant_id>/health", views.Health.as_view()),
    path("tenants/<uuid:tenant_id>/retry", views.TenantRetried.as_view()),
    path("brands/<uuid:brand_id>/logo", views.BrandLogo.as_view()),
]
