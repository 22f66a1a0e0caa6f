"""The catalogue of domain events, and who reacts to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ledger.types import StoredEvent

Subscriber = Callable[[StoredEvent], None]
BatchSubscriber = Callable[[Sequence[StoredEvent]], None]


@dataclass(frozen=True, slots=True)
class EventType:
    """One entry of the catalogue at ``/api/v1/event-types``; ``schema`` is the JSON Schema of ``data``."""

    name: str
    description: str
    schema: Mapping[str, Any]
    version: int = 1


_types: dict[str, EventType] = {}
_subscribers: dict[str, dict[str, Subscriber]] = {}
_batch_subscribers: dict[str, BatchSubscriber] = {}
_on_platform: set[str] = set()


def register_event_type(event_type: EventType) -> EventType:
    """Add a type to the catalogue; a second one of the name is a defect and raises."""
    if event_type.name in _types:
        raise ValueError(f"event type {event_type.name!r} is registered twice")
    _types[event_type.name] = event_type
    return event_type


def get_event_type(name: str) -> EventType | None:
    return _types.get(name)


def list_event_types() -> list[EventType]:
    return sorted(_types.values(), key=lambda event_type: event_type.name)


def subscribe(event_type: str, name: str, subscriber: Subscriber, *, platform: bool = False) -> None:
    """Call ``subscriber`` with each event of the type, in the tenant, in a transaction, possibly more than once.

    ``name`` is stable: retries after a failure are stored under it. With ``platform`` it hears the platform's own
    events, and none of tenants.
    """
    _subscribers.setdefault(event_type, {})[name] = subscriber
    if platform:
        _on_platform.add(name)


def subscribe_all(name: str, subscriber: BatchSubscriber) -> None:
    """Call ``subscriber`` with every event of tenants, several at a time; the same terms as ``subscribe``."""
    _batch_subscribers[name] = subscriber


def subscribers_of(event_type: str, *, platform: bool) -> Mapping[str, Subscriber]:
    """Return who hears events of the type, in tenants or in the platform's own schema."""
    known = _subscribers.get(event_type, {})
    return {name: subscriber for name, subscriber in known.items() if (name in _on_platform) == platform}


def batch_subscribers(*, platform: bool) -> Mapping[str, BatchSubscriber]:
    """Return who hears all events; nobody does in the platform's own schema."""
    return {} if platform else _batch_subscribers


def find_subscriber(name: str) -> Subscriber | None:
    """Return the subscriber of that name as one that takes a single event."""
    if name in _batch_subscribers:
        batch = _batch_subscribers[name]
        return lambda event: batch([event])
    for by_name in _subscribers.values():
        if name in by_name:
            return by_name[name]
    return None
