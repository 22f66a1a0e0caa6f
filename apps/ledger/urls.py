"""Addresses of the audit that need no sign-in."""

from django.urls import path

from apps.ledger.views import audit_keys

urlpatterns = [path("audit-keys.json", audit_keys, name="audit_keys")]
