"""Reads of the inbox."""

from apps.inbox.selectors.filters import get_filter, list_filters
from apps.inbox.selectors.waiting import (
    Held,
    count_waiting,
    hold_all,
    is_unread,
    next_decision,
    page_waiting,
    still_waiting,
    total_waiting,
)

__all__ = [
    "Held",
    "count_waiting",
    "get_filter",
    "hold_all",
    "is_unread",
    "list_filters",
    "next_decision",
    "page_waiting",
    "still_waiting",
    "total_waiting",
]
