"""Hand out and revoke the secret address of a calendar feed."""

from secrets import token_urlsafe
from uuid import UUID

from apps.accounts import policies
from apps.accounts.selectors.users import NOBODY
from apps.core.actor import Actor
from apps.core.clock import now
from apps.inbox.exceptions import NothingWaits, UnknownFeed
from apps.inbox.models import CalendarFeed
from apps.inbox.secrets import hashed
from apps.ledger.services import record, unit_of_work


def make_feed(*, actor: Actor) -> str:
    """Return the secret of a new feed of the actor, shown this once; the one before stops working."""
    if actor.user_id is None:
        raise NothingWaits
    secret = token_urlsafe(32)
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        _close(actor)
        feed = CalendarFeed.objects.create(user_id=UUID(actor.user_id), secret_hash=hashed(secret))
        record("calendar_feed.create", feed)
    return secret


def revoke_feed(*, actor: Actor) -> None:
    """Have the actor's feed stop working; raise UnknownFeed if there is none."""
    with unit_of_work(actor):
        policies.require(actor, "inbox:write")
        if not _close(actor):
            raise UnknownFeed


def _close(actor: Actor) -> bool:
    held = (
        CalendarFeed.objects.select_for_update()
        .filter(user_id=actor.user_id or NOBODY, revoked_at__isnull=True)
        .first()
    )
    if held is None:
        return False
    held.revoked_at = now()
    held.version += 1
    held.save(update_fields=["revoked_at", "version"])
    record("calendar_feed.revoke", held)
    return True
