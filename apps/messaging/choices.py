"""Choices of messaging."""

from django.db.models import TextChoices


class MessageStatus(TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be delivered"
    HELD = "held", "Waits for the daily mail"
    BUNDLED = "bundled", "Sent with the daily mail"
    KEPT = "kept", "Shown here only"


class NoticeKind(TextChoices):
    ASKED = "asked", "A decision waits for you"
    REMINDED = "reminded", "A decision of yours is overdue"
    STOPPED = "stopped", "An exception is yours"
    REVIEWED = "reviewed", "A workflow is reviewed"
    OTHER = "other", "Everything else"


class MailWay(TextChoices):
    NOW = "now", "At once"
    DIGEST = "digest", "Once a day"
    NEVER = "never", "No mail"


class ChatState(TextChoices):
    NONE = "", "Not sent to the chat"
    QUEUED = "queued", "Waiting to be sent to the chat"
    SENT = "sent", "Sent to the chat"
    FAILED = "failed", "Could not be sent to the chat"


class TemplateStatus(TextChoices):
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"
