"""Addresses of the console, on a partner's host."""

from django.urls import path

from apps.console.views import access, brand, operations, tenants

app_name = "console"
urlpatterns = [
    path("", tenants.TenantList.as_view(), name="tenants"),
    path("tenants/new/", tenants.NewTenant.as_view(), name="tenant_new"),
    path("tenants/<uuid:tenant_id>/", tenants.OneTenant.as_view(), name="tenant"),
    path("tenants/<uuid:tenant_id>/state/", tenants.TenantState.as_view(), name="tenant_state"),
    path("tenants/<uuid:tenant_id>/retry/", tenants.RetryTenant.as_view(), name="tenant_retry"),
    path("tenants/<uuid:tenant_id>/access/", access.TakeAccess.as_view(), name="access"),
    path("leases/<uuid:lease_id>/enter/", access.EnterTenant.as_view(), name="enter"),
    path("leases/<uuid:lease_id>/revoke/", access.RevokeLease.as_view(), name="revoke"),
    path("brand/", brand.EditBrand.as_view(), name="brand"),
    path("brand/preview/", brand.PreviewBrand.as_view(), name="brand_preview"),
    path("brand/preview.css", brand.PreviewStyles.as_view(), name="brand_preview_css"),
    path("operations/", operations.Operations.as_view(), name="operations"),
]
