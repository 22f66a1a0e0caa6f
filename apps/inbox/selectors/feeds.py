"""Whose calendar a secret address is, and what is in it."""

from apps.accounts.models import User
from apps.accounts.selectors import actor_of_user
from apps.accounts.selectors.users import NOBODY
from apps.core.actor import Actor
from apps.inbox.calendar_text import DueEntry
from apps.inbox.choices import ItemKind
from apps.inbox.exceptions import UnknownFeed
from apps.inbox.models import CalendarFeed
from apps.inbox.secrets import hashed
from apps.inbox.selectors.sources import sources
from tenants.links import tenant_url

MAX_ENTRIES = 500
_PATHS = {ItemKind.DECISION: "/approvals/{}/", ItemKind.TASK: "/tasks/{}/"}


def has_feed(actor: Actor) -> bool:
    """Whether the actor has handed out a calendar address that works."""
    return CalendarFeed.objects.filter(user_id=actor.user_id or NOBODY, revoked_at__isnull=True).exists()


def reader_of_feed(secret: str) -> Actor:
    """Return whose feed it is; raise UnknownFeed for one that does not exist, was revoked, or whose owner left."""
    feed = CalendarFeed.objects.filter(secret_hash=hashed(secret), revoked_at__isnull=True).first()
    user = (
        User.objects.with_roles().filter(pk=feed.user_id, is_active=True, lease_id=None).first()
        if feed
        else None
    )
    if user is None:
        raise UnknownFeed
    return actor_of_user(user)


def due_entries(actor: Actor) -> list[DueEntry]:
    """Return what waits for the actor and has a deadline, the soonest first: a statement for each kind."""
    found: list[DueEntry] = []
    for kind, rows in sources(actor).items():
        if kind not in _PATHS:
            continue
        dated = rows.filter(due_at__isnull=False).order_by("due_at", "id")
        name = "about" if kind == ItemKind.DECISION else "run__name"
        for pk, title, about, due_at in dated.values_list("id", "title", name, "due_at")[:MAX_ENTRIES]:
            said = f"{title}: {about}" if about else title
            found.append(DueEntry(pk, said, due_at, tenant_url(_PATHS[kind].format(pk))))
    return sorted(found, key=lambda entry: (entry.due_at, entry.id))
