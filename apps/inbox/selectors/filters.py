"""Saved filters, each person's own."""

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.selectors.users import NOBODY
from apps.core.actor import Actor
from apps.inbox.exceptions import UnknownFilter
from apps.inbox.models import SavedFilter


def list_filters(actor: Actor) -> QuerySet[SavedFilter]:
    """Return the actor's saved filters by name."""
    return SavedFilter.objects.filter(user_id=actor.user_id or NOBODY).order_by("name")


def get_filter(actor: Actor, filter_id: UUID) -> SavedFilter:
    """Return one of the actor's own; raise UnknownFilter, also for another person's."""
    found = list_filters(actor).filter(pk=filter_id).first()
    if found is None:
        raise UnknownFilter
    return found
