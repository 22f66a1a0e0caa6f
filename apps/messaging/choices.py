"""Choices of messaging."""

from django.db.models import TextChoices


class MessageStatus(TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be delivered"


class TemplateStatus(TextChoices):
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"
