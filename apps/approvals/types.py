"""Values of approvals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who is asked: user id and the name shown to others."""

    id: str
    label: str

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "label": self.label}


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked. ``id`` is a user's id, or "" where no user of the tenant did."""

    id: str
    label: str

    @classmethod
    def of(cls, requested_by: Any, started_by: dict[str, Any]) -> "Requester":
        """Read what a step names as its requester: a user id, an actor's JSON, or nothing (then who began the run)."""
        given = requested_by or started_by
        if isinstance(given, str):
            return cls(given, given)
        if not isinstance(given, dict):
            return cls("", "")
        user = given.get("user_id") or (given.get("id") if given.get("kind") in _PEOPLE else "")
        label = given.get("label") or given.get("name") or given.get("email") or user
        return cls(str(user or ""), str(label or ""))


@dataclass(frozen=True, slots=True)
class SimilarFigures:
    """How earlier requests under a policy ended, and how long the middle one took (None without any)."""

    approved: int
    rejected: int
    median: timedelta | None

    @property
    def total(self) -> int:
        return self.approved + self.rejected


_PEOPLE = ("user", "partner_user", None)
