"""Django app configuration."""

from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "apps.status"
    label = "status"
    default_auto_field = "django.db.models.BigAutoField"
