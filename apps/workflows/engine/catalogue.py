"""What a template may refer to outside itself; the shell answers, `lint` asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


class Catalogue(Protocol):
    """The surroundings of a template in one tenant. Collections hold keys; None means: cannot be known here."""

    def policies(self) -> Collection[str] | None:
        """Approval policies by key."""

    def policy_problems(self, policy: str | Json) -> list[str]:
        """Why an existing or inline policy could never be decided; empty when it can."""

    def slots(self) -> Collection[str] | None:
        """Connection slots that are bound to a connection in this tenant."""

    def operations(self, slot: str, connector: str) -> Collection[str] | None:
        """Operations of what a slot is bound to, else of its connector."""

    def internal_operations(self) -> Collection[str] | None:
        """Operations of the platform itself (`connection: internal`)."""

    def connectors(self) -> Collection[str] | None:
        """Kinds of connector."""

    def messages(self) -> Collection[str] | None:
        """Messages by key."""

    def templates(self) -> Collection[str] | None:
        """Workflow templates by key, for subflows."""

    def queries(self) -> Collection[str] | None:
        """Queries for the facts of a check."""

    def event_types(self) -> Collection[str] | None:
        """Types of domain events."""

    def roles(self) -> Collection[str] | None:
        """Roles by key."""

    def calendars(self) -> Collection[str] | None:
        """Working calendars by key, beside `business` and `continuous`."""

    def idempotency(self, slot: str, connector: str, operation: str) -> str | None:
        """How an operation recognises repetitions: `key`, `natural`, `query` or `none`."""

    def people(self) -> Collection[str] | None:
        """Mail addresses of the people here, in small letters."""


@dataclass(frozen=True, slots=True)
class StaticCatalogue:
    """A catalogue of given names; a name that is left out is not checked. For tools and simulations."""

    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    operations_by_slot: Mapping[str, Collection[str]] = field(default_factory=dict)
    problems_by_policy: Mapping[str, list[str]] = field(default_factory=dict)
    idempotency_by_operation: Mapping[str, str] = field(default_factory=dict)

    def policies(self) -> Collection[str] | None:
        """Approval policies by key."""
        return self.names.get("policies")

    def policy_problems(self, policy: str | Json) -> list[str]:
        """Why a policy could never be decided."""
        return list(self.problems_by_policy.get(policy, [])) if isinstance(policy, str) else []

    def slots(self) -> Collection[str] | None:
        """Bound connection slots."""
        return self.names.get("slots")

    def operations(self, slot: str, connector: str) -> Collection[str] | None:
        """Operations of a slot."""
        return self.operations_by_slot.get(slot)

    def internal_operations(self) -> Collection[str] | None:
        """Operations of the platform itself."""
        return self.names.get("internal_operations")

    def connectors(self) -> Collection[str] | None:
        """Kinds of connector."""
        return self.names.get("connectors")

    def messages(self) -> Collection[str] | None:
        """Messages by key."""
        return self.names.get("messages")

    def templates(self) -> Collection[str] | None:
        """Workflow templates by key."""
        return self.names.get("templates")

    def queries(self) -> Collection[str] | None:
        """Queries for facts."""
        return self.names.get("queries")

    def event_types(self) -> Collection[str] | None:
        """Types of domain events."""
        return self.names.get("event_types")

    def roles(self) -> Collection[str] | None:
        """Roles by key."""
        return self.names.get("roles")

    def calendars(self) -> Collection[str] | None:
        """Working calendars by key, beside `business` and `continuous`."""
        return self.names.get("calendars")

    def idempotency(self, slot: str, connector: str, operation: str) -> str | None:
        """By `slot.operation`."""
        return self.idempotency_by_operation.get(f"{slot}.{operation}")

    def people(self) -> Collection[str] | None:
        """Mail addresses."""
        return self.names.get("people")
