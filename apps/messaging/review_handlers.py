"""Reactions to reviews of workflow templates; each bears running twice."""

from typing import Any

from apps.accounts.models import User
from apps.ledger.types import StoredEvent
from apps.messaging.recipients import recipient_of
from apps.messaging.services.queueing import queue_message
from apps.workflows.choices import ReviewVerdict, VersionStatus
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.reviews import authors_of, reviewers_of

REQUESTED = "template-review-requested"
DECIDED = "template-review-decided"
_NO_COMMENT = "No comment was given."
_VERDICTS = {
    ReviewVerdict.APPROVED.value: ("Agreed", "agreed to it."),
    ReviewVerdict.CHANGES_REQUESTED.value: ("Changes asked for", "asks for changes. It is a draft again."),
}


def mail_reviewers(event: StoredEvent) -> None:
    """Mail those who may agree to a version that was handed in; what is no longer in review needs nobody."""
    version = _version(event)
    if version is None or version.status != VersionStatus.IN_REVIEW:
        return
    for user in reviewers_of(version):
        _mail(REQUESTED, user, event, version, {})


def mail_authors(event: StoredEvent) -> None:
    """Mail those who wrote at a version that it was agreed to, or what should change."""
    version, words = _version(event), _VERDICTS.get(event.data["verdict"])
    if version is None or words is None:
        return
    for user in authors_of(version):
        _mail(DECIDED, user, event, version, {"words": words[0], "sentence": words[1]})


def _mail(key: str, user: User, event: StoredEvent, version: TemplateVersion, review: dict[str, Any]) -> None:
    said = event.data
    queue_message(
        key=key,
        to=recipient_of(user),
        data={
            "template": {
                "key": version.template.key,
                "name": version.template.name,
                "version": str(version.number),
            },
            "review": {"by": said["by"], "comment": said["comment"].strip() or _NO_COMMENT, **review},
        },
        dedupe=f"{key}:{event.id}:{user.id}",
    )


def _version(event: StoredEvent) -> TemplateVersion | None:
    rows = TemplateVersion.objects.select_related("template")
    return rows.filter(template__key=event.data["template"], number=event.data["version"]).first()
