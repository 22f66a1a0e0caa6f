"""Log lines: structured, tied to a request, without secrets."""

from collections.abc import MutableMapping
from typing import Any

from apps.core.context import request_id

_SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "signature",
    "api_key",
    "credential",
)


def name_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the id of the request or work item at hand."""
    bound = request_id()
    if bound:
        event.setdefault("request_id", bound)
    return event


def drop_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask the values of fields whose name speaks of a secret."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = "***"
    return event


def scrub(value: Any) -> Any:
    """Return ``value`` with everything masked whose key speaks of a secret; for error reports."""
    if isinstance(value, dict):
        return {
            key: "***" if any(word in str(key).lower() for word in _SECRET_WORDS) else scrub(held)
            for key, held in value.items()
        }
    return [scrub(item) for item in value] if isinstance(value, list) else value


def scrub_event(event: Any, _hint: Any) -> Any:
    """Return an error report without secrets, cookies and bodies, tied to the request at hand."""
    request = event.get("request", {})
    for name in ("cookies", "data", "query_string", "env"):
        request.pop(name, None)
    event["tags"] = {**(event.get("tags") or {}), "request_id": request_id()}
    return scrub(event)
