"""Addresses of the inbox below /api/v1/."""

from django.urls import path

from apps.inbox.api import views

urlpatterns = [
    path("inbox", views.Inbox.as_view()),
    path("inbox/counts", views.InboxCounts.as_view()),
    path("inbox/read", views.ItemsRead.as_view()),
    path("inbox/snooze", views.ItemsSnoozed.as_view()),
    path("inbox/wake", views.ItemsWoken.as_view()),
    path("inbox/workload", views.Workload.as_view()),
    path("calendar-feed", views.Feed.as_view()),
    path("inbox-filters", views.Filters.as_view()),
    path("inbox-filters/<uuid:filter_id>", views.OneFilter.as_view()),
]
