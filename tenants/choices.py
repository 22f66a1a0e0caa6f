"""Choices of tenancy."""

from django.db.models import TextChoices


class Environment(TextChoices):
    PRODUCTION = "production", "Production"
    SANDBOX = "sandbox", "Sandbox"


class TenantStatus(TextChoices):
    PROVISIONING = "provisioning", "Provisioning"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    SUSPENDED = "suspended", "Suspended"
