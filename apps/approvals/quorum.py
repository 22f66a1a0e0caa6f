"""How many must agree, and how many must object. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.approvals.approvers import ApproverRule

ANY, ALL, COUNT, PERCENT, MANDATORY = "any", "all", "n", "percent", "mandatory"


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many must approve: ``any`` (one), ``all``, ``n`` of them, or ``n`` ``percent`` of them.

    Besides, everybody whom a rule of ``mandatory`` names must be among them, and of the holders of each role in
    ``roles`` so many; one person counts for one role only.
    """

    kind: str = ANY
    n: int = 1
    roles: tuple[tuple[str, int], ...] = ()
    mandatory: tuple[ApproverRule, ...] = ()

    def needed(self, candidates: int) -> int:
        """Return how many approvals of that many candidates are needed; never less than one."""
        return _share(self.kind, self.n, candidates)

    def to_json(self) -> str | dict[str, Any]:
        """Return the quorum as a policy spells it."""
        spelled: dict[str, Any] = {} if self.kind in (ANY, ALL) else {self.kind: self.n}
        if self.roles:
            spelled["roles"] = dict(self.roles)
        if self.mandatory:
            spelled["mandatory"] = [rule.to_json() for rule in self.mandatory]
        if not spelled:
            return self.kind
        return spelled | {"of": ALL} if self.kind == ALL else spelled

    @classmethod
    def stored(cls, value: Any) -> "Quorum | None":
        """Read what ``to_json`` gave, without its mandatory rules, which have become people; None if it is not that."""
        if value in (ANY, ALL):
            return cls(str(value))
        if not isinstance(value, Mapping):
            return None
        roles = tuple((str(role), int(count)) for role, count in (value.get("roles") or {}).items())
        for kind in (COUNT, PERCENT):
            if kind in value:
                return cls(kind, int(value[kind]), roles)
        return cls(ALL if value.get("of") == ALL else ANY, 1, roles)


@dataclass(frozen=True, slots=True)
class Rejection:
    """How many must object before a request is turned down: ``any`` (one), ``n``, ``percent``, or ``mandatory``: one of
    those without whom the quorum cannot be reached."""

    kind: str = ANY
    n: int = 1

    def met(self, objectors: frozenset[str], asked: int, mandatory: frozenset[str]) -> bool:
        """Whether those who object suffice, of that many who are asked."""
        if self.kind == MANDATORY:
            return bool(objectors & mandatory)
        return len(objectors) >= _share(self.kind, self.n, asked)

    def to_json(self) -> str | dict[str, int]:
        """Return the rule as a policy spells it."""
        return self.kind if self.kind in (ANY, MANDATORY) else {self.kind: self.n}

    @classmethod
    def stored(cls, value: Any) -> "Rejection":
        """Read what ``to_json`` gave."""
        if isinstance(value, Mapping) and value:
            kind, count = next(iter(value.items()))
            return cls(str(kind), int(count))
        return cls(str(value)) if value == MANDATORY else cls()


ANYBODY_REJECTS = Rejection()
"""One objection suffices."""


def _share(kind: str, number: int, people: int) -> int:
    if kind == ALL:
        return max(1, people)
    if kind == PERCENT:
        return max(1, -(-people * number // 100))
    return number
