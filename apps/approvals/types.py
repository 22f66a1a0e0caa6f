"""Values of approvals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who is asked: user id and the name shown to others; ``why`` says in words by which rule.

    ``is_contact``: one of a customer's people, who sees and decides this request and nothing else.
    """

    id: str
    label: str
    why: str = ""
    is_contact: bool = False

    def to_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"id": self.id, "label": self.label}
        if self.why:
            shape["why"] = self.why
        return shape | {"contact": True} if self.is_contact else shape


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody whom a rule names and who is not asked, and why, in words."""

    person: Candidate
    reason: str

    def to_json(self) -> dict[str, Any]:
        return self.person.to_json() | {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class Asking:
    """What rules that name people may look at: the run (None: a sample) and what it is about, ``<noun>/<id>`` or ""."""

    run_id: UUID | None = None
    subject: str = ""


NO_RUN = Asking()


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """Whose vote somebody casts: user id and name."""

    id: str
    label: str


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


def read_people(value: Any) -> tuple[Requester, ...]:
    """Read the people a step names: one of what ``Requester.of`` reads, or a list of them."""
    given = value if isinstance(value, list) else [value]
    found = (Requester.of(person, {}) for person in given if person)
    return tuple(person for person in found if person.id or person.label)


_PEOPLE = ("user", "partner_user", None)
