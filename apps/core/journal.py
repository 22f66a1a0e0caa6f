"""Where packages below the ledger write down what they do: the ledger fills this place when the apps are loaded.

``tenants`` and ``apps.accounts`` may not know the ledger (docs: the stack), yet what they change must be audited in the
same transaction. They use these functions, which mean what the ledger's functions of the same names mean.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models

from apps.core.actor import Actor


class Journal(Protocol):
    """What the ledger offers to the packages below it."""

    def unit_of_work(self, actor: Actor, *, reason: str = "") -> AbstractContextManager[Any]: ...

    def record(
        self,
        action: str,
        subject: models.Model,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None: ...


@dataclass
class _Place:
    journal: Journal | None = None


_place = _Place()


def set_journal(journal: Journal) -> None:
    """Fill the place; done once, by the ledger."""
    _place.journal = journal


def unit_of_work(actor: Actor, *, reason: str = "") -> AbstractContextManager[Any]:
    """Run the block as one transaction of ``actor``, with what it records."""
    return _journal().unit_of_work(actor, reason=reason)


def record(
    action: str,
    subject: models.Model,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Note an act on ``subject`` in the audit, inside a unit of work."""
    _journal().record(action, subject, before=before, after=after, reason=reason)


def _journal() -> Journal:
    if _place.journal is None:
        raise LookupError("no journal has been registered")
    return _place.journal
