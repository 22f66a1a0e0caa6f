"""Telling other apps, within the same transaction, that somebody may no longer do what he could."""

from collections.abc import Callable

from apps.accounts.models import User

Listener = Callable[[User], None]
_listeners: list[Listener] = []


def register_departure(listener: Listener) -> None:
    """Call the function whenever somebody loses a role, a group or the account; it must be quick and may run twice."""
    _listeners.append(listener)


def tell_departure(user: User) -> None:
    """Tell everybody who has registered. Part of the caller's unit of work."""
    for listener in _listeners:
        listener(user)
