"""When and by which ways a notice reaches a person: a pure function of his wishes, the kind, and the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.messaging.choices import MailWay, NoticeKind

_KINDS = {
    "approval-requested": NoticeKind.ASKED,
    "approval-reminder": NoticeKind.REMINDED,
    "customer-decision-requested": NoticeKind.ASKED,
    "customer-decision-reminder": NoticeKind.REMINDED,
    "exception-raised": NoticeKind.STOPPED,
}
_PREFIXES = (
    ("approval-", NoticeKind.ASKED),
    ("exception-", NoticeKind.STOPPED),
    ("template-review-", NoticeKind.REVIEWED),
)
_BEFORE = {NoticeKind.REVIEWED: NoticeKind.OTHER}
"""Where a kind belonged before it had a wish of its own: what was said then holds until something else is said."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person wants; the defaults are those of somebody who never said."""

    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest_at: time = time(8)
    ways: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def mail(self, kind: NoticeKind) -> MailWay:
        said = said_of(self.ways, kind).get("mail", MailWay.NOW)
        return MailWay(said) if said in MailWay.values else MailWay.NOW

    def chat(self, kind: NoticeKind) -> bool:
        return said_of(self.ways, kind).get("chat") is True


@dataclass(frozen=True, slots=True)
class Way:
    """How a notice goes: ``mail_at`` when its mail leaves (None: no mail of its own), ``digest_at`` when the daily mail
    that holds it does, ``chat_at`` when its chat message does.
    """

    mail_at: datetime | None = None
    digest_at: datetime | None = None
    chat_at: datetime | None = None


def said_of(ways: Mapping[str, Mapping[str, Any]], kind: NoticeKind) -> Mapping[str, Any]:
    """Return what a person has said of a kind, ``{mail, chat}``; empty for nothing."""
    before = _BEFORE.get(kind)
    return ways.get(kind.value) or (ways.get(before.value, {}) if before else {})


def kind_of(key: str) -> NoticeKind:
    """Return of which kind a message is, by its key."""
    known = _KINDS.get(key)
    return known or next((kind for start, kind in _PREFIXES if key.startswith(start)), NoticeKind.OTHER)


def way_for(wishes: Wishes, kind: NoticeKind, at: datetime) -> Way:
    """Return how a notice of the kind, made at ``at``, reaches the person."""
    mail = wishes.mail(kind)
    leaves = after_quiet(wishes, at)
    return Way(
        mail_at=leaves if mail is MailWay.NOW else None,
        digest_at=next_digest(wishes, at) if mail is MailWay.DIGEST else None,
        chat_at=leaves if wishes.chat(kind) else None,
    )


def after_quiet(wishes: Wishes, at: datetime) -> datetime:
    """Return ``at``, or the end of the quiet hours it lies in."""
    begins, ends = wishes.quiet_from, wishes.quiet_to
    if begins is None or ends is None or begins == ends:
        return at
    local = at.astimezone(ZoneInfo(wishes.zone))
    clock = local.time().replace(tzinfo=None)
    over_night = begins > ends
    is_quiet = (clock >= begins or clock < ends) if over_night else begins <= clock < ends
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=1 if over_night and clock >= begins else 0)
    return datetime.combine(day, ends, ZoneInfo(wishes.zone)).astimezone(UTC)


def next_digest(wishes: Wishes, at: datetime) -> datetime:
    """Return when the next daily mail leaves, strictly after ``at``, in the person's own time."""
    zone = ZoneInfo(wishes.zone)
    local = at.astimezone(zone)
    today = datetime.combine(local.date(), wishes.digest_at, zone)
    chosen = (
        today if today > local else datetime.combine(local.date() + timedelta(days=1), wishes.digest_at, zone)
    )
    return chosen.astimezone(UTC)
