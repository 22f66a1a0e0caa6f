"""Addresses of the ledger below /api/v1/."""

from django.urls import path

from apps.ledger.api import views

urlpatterns = [
    path("audit-entries", views.AuditEntries.as_view()),
    path("audit-entries/<uuid:entry_id>", views.OneAuditEntry.as_view()),
    path("events", views.Events.as_view()),
    path("events/<uuid:event_id>", views.OneEvent.as_view()),
    path("event-types", views.EventTypeList.as_view()),
    path("event-types/<str:name>", views.OneEventType.as_view()),
    path("event-types/<str:name>/schema", views.EventTypeSchema.as_view()),
]
