"""Choices of integrations."""

from django.db.models import TextChoices


class ConnectionStatus(TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class CredentialKind(TextChoices):
    BEARER = "bearer", "Bearer token"
    BASIC = "basic", "User name and password"
    HEADER = "header", "Value of a header"


class HookScheme(TextChoices):
    STANDARD_WEBHOOKS = "standard-webhooks", "Standard Webhooks"
    DOCUSIGN_CONNECT = "docusign-connect", "DocuSign Connect"
    HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256"


class HookStatus(TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class InboundEventStatus(TextChoices):
    RECEIVED = "received", "Received"
    MAPPED = "mapped", "Mapped"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"


class EndpointStatus(TextChoices):
    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"


class DeliveryState(TextChoices):
    """Where a delivery stands. Bookkeeping of attempts, not a status of business: no audit entry, no event."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class IntentState(TextChoices):
    """Where a call stands. Bookkeeping of calls; what it means for the run is the run's own transition."""

    INTENDED = "intended", "Intended"
    HELD = "held", "Held while the connection is paused"
    CONFIRMED = "confirmed", "Confirmed"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    WITHDRAWN = "withdrawn", "Withdrawn"
