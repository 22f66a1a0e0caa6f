"""Rows of messaging, all in the tenant's schema."""

from apps.messaging.models.messages import Message
from apps.messaging.models.preferences import NotificationPreference
from apps.messaging.models.templates import MessageTemplate

__all__ = ["Message", "MessageTemplate", "NotificationPreference"]
