"""How people want to be told, kept in memory: every message asks for it."""

from dataclasses import replace
from uuid import UUID

from apps.messaging.models import NotificationPreference
from apps.messaging.ways import Wishes
from tenants.configuration import remembered
from tenants.context import current_tenant


def wishes_of(user_id: UUID) -> Wishes:
    """Return what the person wants; the workspace's defaults for somebody who never said."""
    said = remembered("notification_preferences", _read_all).get(user_id, Wishes(zone=""))
    return said if said.zone else replace(said, zone=current_tenant().timezone)


def preference_of(user_id: UUID) -> NotificationPreference:
    """Return the person's row, or an unsaved one with the defaults."""
    return NotificationPreference.objects.filter(user_id=user_id).first() or NotificationPreference(
        user_id=user_id
    )


def _read_all() -> dict[UUID, Wishes]:
    return {
        row.user_id: Wishes(row.zone, row.quiet_from, row.quiet_to, row.digest_at, row.ways)
        for row in NotificationPreference.objects.all()
    }
