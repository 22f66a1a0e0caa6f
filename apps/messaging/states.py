"""Transition tables of messaging."""

from apps.messaging.choices import MessageStatus, TemplateStatus

MESSAGE: dict[tuple[str, str], str] = {
    (MessageStatus.QUEUED, "send"): MessageStatus.SENT,
    (MessageStatus.QUEUED, "fail"): MessageStatus.FAILED,
    (MessageStatus.FAILED, "resend"): MessageStatus.QUEUED,
    (MessageStatus.HELD, "bundle"): MessageStatus.BUNDLED,
}

TEMPLATE: dict[tuple[str, str], str] = {
    (TemplateStatus.PUBLISHED, "retire"): TemplateStatus.RETIRED,
}
