"""The brand as files: style sheet, logo, icon; the same addresses on every host, each with its own content."""

from django.urls import path

from tenants import views

urlpatterns = [
    path("brand.css", views.brand_css, name="brand_css"),
    path("brand/logo", views.logo, name="brand_logo"),
    path("brand/favicon.svg", views.favicon, name="brand_favicon"),
]
