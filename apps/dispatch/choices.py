"""Choices of the work queue."""

from django.db.models import TextChoices


class WorkState(TextChoices):
    READY = "ready", "Ready"
    LEASED = "leased", "Leased"
    PARKED = "parked", "Parked"
