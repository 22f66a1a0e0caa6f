"""Transition tables of messaging."""

from apps.messaging.choices import MessageStatus, TemplateStatus

MESSAGE = {
    (MessageStatus.QUEUED, "send"): MessageStatus.SENT,
    (MessageStatus.QUEUED, "fail"): MessageStatus.FAILED,
    (MessageStatus.FAILED, "resend"): MessageStatus.QUEUED,
}

TEMPLATE = {
    (TemplateStatus.PUBLISHED, "retire"): TemplateStatus.RETIRED,
}
