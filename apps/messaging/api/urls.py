"""Addresses of messages below /api/v1/."""

from django.urls import path

from apps.messaging.api import views

urlpatterns = [
    path("messages", views.Messages.as_view()),
    path("messages/<uuid:message_id>", views.OneMessage.as_view()),
    path("messages/<uuid:message_id>/resend", views.MessageResent.as_view()),
    path("notifications", views.Notifications.as_view()),
    path("notifications/read", views.NotificationsRead.as_view()),
    path("notification-preferences", views.NotificationPreferences.as_view()),
    path("message-templates", views.MessageTemplates.as_view()),
    path("message-templates/<slug:key>", views.OneMessageTemplate.as_view()),
    path("message-templates/<slug:key>/versions", views.MessageTemplateVersions.as_view()),
]
