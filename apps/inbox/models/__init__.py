"""Rows of the inbox, all in the tenant's schema."""

from apps.inbox.models.feeds import CalendarFeed
from apps.inbox.models.filters import SavedFilter
from apps.inbox.models.marks import Mark

__all__ = ["CalendarFeed", "Mark", "SavedFilter"]
