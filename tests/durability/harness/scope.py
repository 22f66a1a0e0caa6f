"""What the invariants judge: the rows of a tenant, and what the harness knows that the database cannot."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

Rows = list[tuple[Any, ...]]
Ask = Callable[[str, Sequence[Any]], Rows]
FINISHED = ("completed", "cancelled", "rolled_back")


@dataclass(frozen=True)
class Effect:
    """One thing another system did: for which run and step, under which idempotency key."""

    run: str
    step: str
    key: str


@dataclass
class Scope:
    """Whose rows are judged, and what the harness knows that the database cannot.

    ``ask`` runs a statement in the tenant's schema. ``since`` and ``since_id`` leave out what was there
    before, the id where rows bear the time of a clock that a test may move. ``accepted`` are the runs
    whose start was answered, ``effects`` what the receiver did, ``repeatable`` the steps that do something once a visit
    and may be visited again. ``canaries`` are words of other tenants.
    """

    ask: Ask
    tenant: UUID
    since: datetime
    since_id: UUID
    accepted: set[str] = field(default_factory=set)
    effects: Sequence[Effect] = ()
    repeatable: frozenset[str] = frozenset()
    canaries: Sequence[str] = ()
    fired: Sequence[tuple[str, datetime, datetime]] = ()
    restarted: frozenset[str] = frozenset()

    def rows(self, text: str, *values: Any) -> Rows:
        return self.ask(text, values)


def read_json(value: Any) -> Any:
    """Return a JSON column's value; Django's connection gives it as text, psycopg's own as values."""
    return json.loads(value) if isinstance(value, str | bytes) else value
