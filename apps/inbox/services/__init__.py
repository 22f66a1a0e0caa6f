"""Commands of the inbox: mark, put off, keep filters, hand out calendar feeds."""

from apps.inbox.services.feeds import make_feed, revoke_feed
from apps.inbox.services.filters import delete_filter, save_filter
from apps.inbox.services.marks import mark_read, snooze_items, wake_items

__all__ = [
    "delete_filter",
    "make_feed",
    "mark_read",
    "revoke_feed",
    "save_filter",
    "snooze_items",
    "wake_items",
]
