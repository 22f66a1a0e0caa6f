"""The connectors there are, by name."""

from collections.abc import Mapping
from typing import Any, Protocol

from apps.integrations.connectors.rest.connector import RestConnector
from apps.integrations.types import Json, OperationResult, Secret


class BoundConnection(Protocol):
    """One connection, parsed and with its secret at hand; immutable, shared between threads."""

    def has_operation(self, name: str) -> bool: ...

    def sends_once(self, name: str) -> bool:
        """Whether the operation must never be sent twice for one intent (nothing would notice the second)."""

    def patience(self, name: str, timeout: float | None) -> float:
        """Return how many seconds the operation may take at most, look-ups included."""

    def execute(
        self, name: str, values: Json, key: str, *, maybe_sent: bool = False, timeout: float | None = None
    ) -> OperationResult:
        """Perform the operation under the idempotency key; raise OperationError."""


class Connector(Protocol):
    """A kind of system."""

    def bind(
        self, definition: Mapping[str, Any], config: Mapping[str, Any], secret: Secret | None
    ) -> BoundConnection:
        """Return the connection ready for use; raise InvalidConnection with everything wrong about it."""


_CONNECTORS: dict[str, Connector] = {"generic-rest": RestConnector()}


def find_connector(name: str) -> Connector | None:
    return _CONNECTORS.get(name)


def connector_names() -> list[str]:
    return sorted(_CONNECTORS)
