"""Commands of messaging: queue, send, resend, publish a wording."""

from apps.messaging.services.accounts import send_account_mail
from apps.messaging.services.notify import send_notification
from apps.messaging.services.queueing import SEND_KIND, queue_message, resend_message
from apps.messaging.services.sending import MAX_ATTEMPTS, send_queued
from apps.messaging.services.wordings import publish_wording

__all__ = [
    "MAX_ATTEMPTS",
    "SEND_KIND",
    "publish_wording",
    "queue_message",
    "resend_message",
    "send_account_mail",
    "send_notification",
    "send_queued",
]
