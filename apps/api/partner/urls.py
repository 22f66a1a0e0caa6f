"""Addresses of a partner's resources below /api/v1/."""

from django.urls import path

from apps.api.partner import views

urlpatterns = [
    path("tenants", views.Tenants.as_view()),
    path("tenants/<uuid:tenant_id>", views.OneTenant.as_view()),
    path("brands", views.Brands.as_view()),
    path("brands/<uuid:brand_id>", views.OneBrand.as_view()),
    path("access-leases", views.Leases.as_view()),
    path("access-leases/<uuid:lease_id>", views.OneLease.as_view()),
    path("access-leases/<uuid:lease_id>/revoke", views.LeaseRevoked.as_view()),
    path("access-leases/<uuid:lease_id>/enter", views.LeaseEntered.as_view()),
]
