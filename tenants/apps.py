"""Django app configuration."""

from importlib import import_module

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # After the models, as it changes the manager of one.
        import_module("tenants.contenttypes").keep_content_types_per_schema()
