"""Values that pass through the work queue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WorkItemSpec:
    """Work to be done: its kind, an opaque reference to a row of the tenant, and when.

    ``run_at`` None means now. Of items with the same ``dedupe`` in one tenant only one is ready at a time; a later
    one is dropped while the first has not started. ``lane`` None is the kind's own.
    """

    kind: str
    ref: UUID
    run_at: datetime | None = None
    dedupe: str | None = None
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """An item leased to whoever holds its fence. ``attempt`` says how often it was begun."""

    id: int
    tenant_id: UUID | None
    kind: str
    ref: UUID
    fence: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Retry:
    """What a handler returns to be called again for an item at ``at``; ``untried`` is no attempt that counts."""

    at: datetime
    untried: bool = False
