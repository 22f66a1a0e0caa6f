"""Inbound hooks, on a tenant's host below ``/hooks/``."""

from django.urls import path

from apps.integrations import views

urlpatterns = [
    path("<uuid:hook_id>", views.receive, name="inbound_hook"),
    path("<uuid:hook_id>/", views.receive),
]
