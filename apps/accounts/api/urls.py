"""Addresses of users, roles and API keys below /api/v1/."""

from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("me", views.Me.as_view()),
    path("users", views.Users.as_view()),
    path("users/<uuid:user_id>", views.OneUser.as_view()),
    path("users/<uuid:user_id>/roles", views.UserRoles.as_view()),
    path("users/<uuid:user_id>/roles/revoke", views.UserRolesRevoked.as_view()),
    path("users/<uuid:user_id>/deactivate", views.UserDeactivated.as_view()),
    path("users/<uuid:user_id>/reset-factors", views.UserFactorsReset.as_view()),
    path("roles", views.RoleList.as_view()),
    path("api-keys", views.Keys.as_view()),
    path("api-keys/<uuid:key_id>", views.OneKey.as_view()),
    path("api-keys/<uuid:key_id>/revoke", views.KeyRevoked.as_view()),
]
