"""Note that a person has looked at what he was told, and how he wants to be told."""

from collections.abc import Collection, Mapping
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Problem
from apps.ledger.services import record, unit_of_work
from apps.messaging.choices import MailWay, NoticeKind
from apps.messaging.exceptions import InvalidPreferences, UnknownMessage
from apps.messaging.models import NotificationPreference
from apps.messaging.selectors.notices import list_notices
from apps.messaging.selectors.preferences import preference_of


def read_notices(
    *, actor: Actor, ids: Collection[UUID] | None = None, paths: Collection[str] | None = None
) -> int:
    """Mark the actor's notices as read: those of the ids, those that lead to the paths, or (neither given) all.

    It is the reader's own note and changes nothing for others, so it is not audited.
    """
    with unit_of_work(actor):
        policies.require(actor, "notifications:use")
        rows = list_notices(actor).filter(read_at__isnull=True)
        if ids is not None:
            rows = rows.filter(pk__in=ids)
        if paths is not None:
            rows = rows.filter(path__in=paths)
        return rows.update(read_at=now())


def save_preferences(
    *,
    actor: Actor,
    zone: str = "",
    quiet_from: time | None = None,
    quiet_to: time | None = None,
    digest_at: time = time(8),
    ways: Mapping[str, Mapping[str, Any]] | None = None,
) -> NotificationPreference:
    """Keep how the actor wants to be told; it holds for what comes from now on. Raises InvalidPreferences."""
    chosen = {kind: dict(way) for kind, way in (ways or {}).items()}
    _check(zone, quiet_from, quiet_to, chosen)
    if actor.user_id is None:
        raise UnknownMessage
    with unit_of_work(actor):
        policies.require(actor, "notifications:use")
        row = preference_of(UUID(actor.user_id))
        before = _said(row)
        row.zone, row.quiet_from, row.quiet_to = zone, quiet_from, quiet_to
        row.digest_at, row.ways = digest_at, chosen
        row.version += 1
        row.save()
        record("notification_preference.change", row, before=before, after=_said(row))
        return row


def _check(
    zone: str, quiet_from: time | None, quiet_to: time | None, ways: Mapping[str, Mapping[str, Any]]
) -> None:
    problems = []
    if zone and zone not in available_timezones():
        problems.append(
            Problem(
                "/zone",
                f"There is no time zone '{zone[:64]}'.",
                "unknown_zone",
                "Use one such as Europe/Berlin.",
            )
        )
    if (quiet_from is None) != (quiet_to is None):
        problems.append(
            Problem(
                "/quiet_to",
                "Quiet hours need a beginning and an end.",
                "quiet_hours",
                "Give both, or neither.",
            )
        )
    for kind, way in ways.items():
        if kind not in NoticeKind.values:
            problems.append(
                Problem(
                    f"/ways/{kind[:40]}",
                    "There is no such kind of notice.",
                    "unknown_kind",
                    f"Use {', '.join(NoticeKind.values)}.",
                )
            )
        elif way.get("mail", MailWay.NOW) not in MailWay.values:
            problems.append(
                Problem(
                    f"/ways/{kind}/mail",
                    "There is no such way.",
                    "unknown_way",
                    f"Use {', '.join(MailWay.values)}.",
                )
            )
    if problems:
        raise InvalidPreferences(problems)


def _said(row: NotificationPreference) -> dict[str, Any]:
    return {
        "zone": row.zone,
        "quiet_from": row.quiet_from.isoformat() if row.quiet_from else None,
        "quiet_to": row.quiet_to.isoformat() if row.quiet_to else None,
        "digest_at": row.digest_at.isoformat(),
        "ways": row.ways,
    }
