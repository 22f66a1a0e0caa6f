"""Messages to subscribers: CloudEvents in JSON, signed as Standard Webhooks describes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apps.integrations.inbound.schemes import standard_key

MAX_BODY = 20_000
INTERNAL_SUFFIX = ".changed"


def wants(event_types: Sequence[str], event_type: str) -> bool:
    """Whether an endpoint that listens to ``event_types`` gets the event.

    ``*`` is every event and ``milestone.*`` every event of a noun, save the internal ``*.changed``, which have to be
    named in full.
    """
    if event_type in event_types:
        return True
    if event_type.endswith(INTERNAL_SUFFIX):
        return False
    return "*" in event_types or f"{event_type.partition('.')[0]}.*" in event_types


def encode_event(event: dict[str, Any]) -> str:
    """Return the body; an event too large for a webhook goes without its data, with a reference to it."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) <= MAX_BODY:
        return body
    thin = {name: value for name, value in event.items() if name != "data"}
    thin["dataref"] = f"{event['source']}/api/v1/events/{event['id']}"
    return json.dumps(thin, ensure_ascii=False, separators=(",", ":"))


def signed_headers(secrets: Sequence[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers of an attempt at ``at``: one signature for every live secret, the newest first."""
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.{body}".encode()
    macs = [hmac.new(standard_key(secret), content, hashlib.sha256).digest() for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs),
    }
