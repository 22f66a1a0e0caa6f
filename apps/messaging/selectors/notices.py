"""What a person was told, as the product itself shows it."""

from django.db.models import QuerySet

from apps.accounts.selectors.users import NOBODY
from apps.core.actor import Actor
from apps.messaging.models import Message


def list_notices(actor: Actor) -> QuerySet[Message]:
    """Return what the actor was told, without the texts as mailed."""
    return Message.objects.filter(user_id=actor.user_id or NOBODY, in_app=True).defer("html")


def unread_notices(actor: Actor) -> QuerySet[Message]:
    """Return those the actor has not looked at."""
    return list_notices(actor).filter(read_at__isnull=True)
