"""Reads of the inbox."""

from apps.inbox.selectors.filters import get_filter, list_filters
from apps.inbox.selectors.waiting import (
    count_waiting,
    is_unread,
    next_decision,
    page_waiting,
    still_waiting,
    total_waiting,
)

__all__ = [
    "count_waiting",
    "get_filter",
    "is_unread",
    "list_filters",
    "next_decision",
    "page_waiting",
    "still_waiting",
    "total_waiting",
]
