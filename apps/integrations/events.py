"""Events this app emits. What inbound hooks tell are the events their mappings name."""

from typing import Any

from apps.ledger.events import EventType, register_event_type

_TEXT = {"type": "string"}


def _object(*required: str, **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**dict.fromkeys(required, _TEXT), **optional},
    }


_CHANGED = _object("status", "was")

CONNECTION_CHANGED = "connection.changed"
HOOK_CHANGED = "inbound_hook.changed"
INBOUND_EVENT_CHANGED = "inbound_event.changed"
INBOUND_EVENT_CONFLICTED = "inbound_event.conflicted"
ENDPOINT_ENABLED = "webhook_endpoint.enabled"
ENDPOINT_DISABLED = "webhook_endpoint.disabled"
ENDPOINT_TESTED = "webhook_endpoint.tested"
ACTION_UNKNOWN = "action.unknown"


def register() -> None:
    """Add this app's events to the catalogue."""
    endpoint = _object("endpoint_id", "url", reason=_TEXT)
    for name, description, schema in (
        (CONNECTION_CHANGED, "A connection was paused or resumed.", _CHANGED),
        (HOOK_CHANGED, "An inbound hook was paused or resumed.", _CHANGED),
        (
            INBOUND_EVENT_CHANGED,
            "What came in through a hook was mapped, ignored, refused or replayed.",
            _CHANGED,
        ),
        (
            INBOUND_EVENT_CONFLICTED,
            "A second message with the id of an earlier one but another body came in through a hook.",
            _object("inbound_event_id", "hook_id", "external_id"),
        ),
        (ENDPOINT_ENABLED, "A webhook endpoint was enabled again.", endpoint),
        (ENDPOINT_DISABLED, "A webhook endpoint gets nothing more until it is enabled again.", endpoint),
        (ENDPOINT_TESTED, "A test message for one webhook endpoint.", endpoint),
        (
            ACTION_UNKNOWN,
            "Nobody knows whether a call to another system had its effect; a person has to look.",
            _object("run_id", "visit", "operation"),
        ),
    ):
        register_event_type(EventType(name, description, schema))
