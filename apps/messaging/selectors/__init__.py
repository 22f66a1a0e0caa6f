"""Reads of messaging."""

from apps.messaging.selectors.messages import get_message, list_messages
from apps.messaging.selectors.wordings import find_wording, list_wordings, wording_keys

__all__ = ["find_wording", "get_message", "list_messages", "list_wordings", "wording_keys"]
