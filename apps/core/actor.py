"""Who acts: the subject of every audit entry and of every policy question."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class ActorKind(StrEnum):
    USER = "user"
    KEY = "key"
    PARTNER_USER = "partner_user"
    CONNECTOR = "connector"
    SYSTEM = "system"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, with the rights it acts with.

    ``id`` is the id of the user, key, or lease holder as a string ("" for the system); ``scopes`` is None for
    people and the granted scopes for keys; ``owner_id`` is the user a key acts for; ``behind`` names the partner user
    acting under an access lease.
    """

    kind: ActorKind
    id: str
    label: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    regions: frozenset[str] = frozenset()
    lease_id: UUID | None = None
    behind: str = ""
    owner_id: str = ""

    @classmethod
    def system(cls, label: str) -> "Actor":
        """Return the actor for work the platform does by itself, such as a timer."""
        return cls(kind=ActorKind.SYSTEM, id="", label=label)

    @classmethod
    def recorded(cls, shape: Mapping[str, Any]) -> "Actor":
        """Return the actor that ``to_json`` told of, to be named for what he did then; he has no rights."""
        lease = shape.get("lease_id")
        return cls(
            kind=ActorKind(shape["kind"]),
            id=str(shape["id"]),
            label=str(shape["label"]),
            owner_id=str(shape.get("user_id", "")),
            behind=str(shape.get("behind", "")),
            lease_id=UUID(lease) if lease else None,
        )

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def user_id(self) -> str | None:
        """The id of the tenant's user who acts (for a key: its owner), or None for connectors and the system."""
        if self.kind is ActorKind.KEY:
            return self.owner_id or None
        return self.id if self.kind in (ActorKind.USER, ActorKind.PARTNER_USER) else None

    def has_role(self, *roles: str) -> bool:
        return bool(self.roles.intersection(roles))

    def to_json(self) -> dict[str, Any]:
        """Return the shape stored with events: kind, id, label; for a key its owner, under a lease who is behind."""
        shape: dict[str, Any] = {"kind": self.kind.value, "id": self.id, "label": self.label}
        if self.owner_id:
            shape["user_id"] = self.owner_id
        if self.behind:
            shape |= {"behind": self.behind, "lease_id": str(self.lease_id)}
        return shape
