"""Rows of integrations, in each tenant's schema."""

from apps.integrations.models.actions import ActionIntent
from apps.integrations.models.connections import Connection, Credential, SlotBinding
from apps.integrations.models.hooks import InboundEvent, InboundHook
from apps.integrations.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ActionIntent",
    "Connection",
    "Credential",
    "InboundEvent",
    "InboundHook",
    "SlotBinding",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
