"""Django app configuration."""

from importlib import import_module

from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "apps.inbox"
    label = "inbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # After the models: what this app registers with the apps below it.
        import_module("apps.inbox.wiring").register()
