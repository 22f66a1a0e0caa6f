"""The catalogue of domain events, and who reacts to them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.dispatch.types import WorkItemSpec
from apps.ledger.types import StoredEvent

Subscriber = Callable[[StoredEvent], None]
BatchSubscriber = Callable[[Sequence[StoredEvent]], None]
Interest = Callable[[Collection[str]], bool]
"""Says of event types whether one of them could mean anything to a subscriber, as the configuration stands."""
WorkOf = Callable[[Mapping[str, Any]], WorkItemSpec]
"""Says of an event's data what work it leads to."""


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
_interests: dict[str, Interest] = {}
_works: dict[str, list[WorkOf]] = {}
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


def subscribe_all(name: str, subscriber: BatchSubscriber, *, interest: Interest) -> None:
    """Call ``subscriber`` with the events of tenants, several at a time; the same terms as ``subscribe``.

    It hears nothing of a transaction for whose types ``interest`` says no (ADR 15). ``interest`` must answer from what
    is remembered of the configuration (``tenants.configuration``) and from nothing else, and yes when in doubt.
    """
    _batch_subscribers[name] = subscriber
    _interests[name] = interest


def lead_to(event_type: str, work_of: WorkOf) -> None:
    """Enqueue ``work_of(data)`` with each event of the type, in the event's own transaction, for tenants.

    For what an event always leads to and needs no more than its data. If the event is delivered to others, it is
    enqueued once more, for the sake of events that older processes told: give the work a ``dedupe``.
    """
    _works.setdefault(event_type, []).append(work_of)


def work_led_to(event_type: str, data: Mapping[str, Any]) -> list[WorkItemSpec]:
    """Return the work that an event of the type with these data leads to."""
    return [work_of(data) for work_of in _works.get(event_type, ())]


def is_anybody_interested(event_types: Collection[str], *, platform: bool) -> bool:
    """Return whether an event of one of the types could mean anything to any subscriber, as far as is remembered."""
    if any(subscribers_of(event_type, platform=platform) for event_type in event_types):
        return True
    return any(_interests[name](event_types) for name in batch_subscribers(platform=platform))


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
