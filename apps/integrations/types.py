"""Values that pass between the parts of integrations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential in the clear: ``kind`` and its values. Never logged, never serialised."""

    kind: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What an operation gave: its output for the run, and masked excerpts for the record.

    ``looked_up``: the effect was found to exist already, so nothing was sent again.
    """

    output: Json
    request: Json
    response: Json
    latency_ms: float
    looked_up: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionKey:
    """Names exactly one state of a connection and its credential; a change of either gives another key."""

    connection_id: UUID
    version: int
    credential_id: UUID | None
    credential_version: int


@dataclass(frozen=True, slots=True)
class PendingAction:
    """An intended call as loaded for execution; ``key`` is None if its slot is not bound. The id is the idempotency key."""

    id: UUID
    run_id: UUID
    visit: str
    epoch: int
    attempt: int
    slot: str
    operation: str
    input: Json
    timeout: float | None
    state: str
    begun_attempt: int
    key: ConnectionKey | None
    connection_status: str
