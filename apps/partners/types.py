"""Values of the reseller's business: how tenants fare, what their queues hold."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TenantOrder:
    """What a partner says when ordering a tenant."""

    slug: str
    name: str
    environment: str = "production"
    region: str = "EU"
    timezone: str = "UTC"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class TenantHealth:
    """How a tenant fares: counts and times only, nothing of its business.

    ``due`` is work that could be done now, ``oldest_due_at`` since when; ``parked`` is work given up after repeated
    failures; ``paused_parts`` are templates and connections that are paused, ``paused_since`` is when the whole
    workspace was.
    """

    open_exceptions: int = 0
    oldest_exception_at: datetime | None = None
    overdue_approvals: int = 0
    last_activity_at: datetime | None = None
    due: int = 0
    oldest_due_at: datetime | None = None
    parked: int = 0
    paused_parts: int = 0
    paused_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """What one lane of the queue holds for a partner's tenants.

    ``due`` waits for a worker, ``scheduled`` for its time, ``running`` is with a worker, ``lost`` was with a worker that
    did not finish in time and is about to be recovered, ``again`` (of those due or scheduled) was tried before.
    """

    lane: str
    due: int
    oldest_due_at: datetime | None
    scheduled: int
    running: int
    lost: int
    again: int
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedWork:
    """A piece of work given up after repeated failures."""

    tenant_id: UUID
    tenant_name: str
    kind: str
    lane: str
    attempts: int
    error: str
    since: datetime
