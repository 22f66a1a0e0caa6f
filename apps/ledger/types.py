"""Values of the ledger: what happened, as emitted and as read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """A business fact to be told: its type ``<noun>.<past tense>``, subject ``<noun>/<id>`` and JSON data."""

    type: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A fact as it stands in the outbox. ``id`` is the CloudEvents id; a handler may see the same id twice."""

    id: UUID
    type: str
    version: int
    subject: str
    data: dict[str, Any]
    time: datetime
    actor: dict[str, Any]
    request_id: str

    def to_cloud_event(self, source: str) -> dict[str, Any]:
        """Return the CloudEvents 1.0 JSON of the event; ``source`` is the tenant's URL."""
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "dataschema": f"{source}/api/v1/event-types/{self.type}/schema",
            "data": self.data,
        }
