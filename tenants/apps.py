"""Django app configuration."""

from django.apps import AppConfig

from tenants.contenttypes import keep_content_types_per_schema


class TenantsConfig(AppConfig):
    name = "tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        keep_content_types_per_schema()
