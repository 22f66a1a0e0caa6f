"""Places that packages above fill: who may do what, and where answered commands are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from apps.core.actor import Actor

Policy = Callable[[Actor, str], None]
"""Raise Forbidden unless the actor may do the named action on at least something."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to a command, kept under its idempotency key. ``status`` 0: the command is still at work."""

    request_hash: str
    status: int = 0
    body: Any = None
    headers: Mapping[str, str] | None = None


class CommandStore(Protocol):
    """Keeps answers by actor and idempotency key, inside the caller's transaction."""

    def claim(self, *, actor_id: str, key: str, request_hash: str) -> StoredAnswer | None:
        """Take the key, waiting for a concurrent holder; return the stored answer if it is taken already."""

    def keep(self, *, actor_id: str, key: str, answer: StoredAnswer) -> None:
        """Store the answer of the key taken in this transaction."""


@dataclass
class _Gates:
    policy: Policy | None = None
    store: CommandStore | None = None


_gates = _Gates()


def set_policy(policy: Policy) -> None:
    """Fill the place of the policy; done once, by ``apps.accounts``."""
    _gates.policy = policy


def set_command_store(store: CommandStore) -> None:
    """Fill the place of the store of answered commands; done once, by ``apps.api``."""
    _gates.store = store


def require_action(actor: Actor, action: str) -> None:
    """Raise Forbidden unless the policy lets the actor do the action; without a policy nobody may do anything."""
    if _gates.policy is None:
        raise LookupError("no policy has been registered")
    _gates.policy(actor, action)


def command_store() -> CommandStore:
    """Return the store of answered commands."""
    if _gates.store is None:
        raise LookupError("no store of answered commands has been registered")
    return _gates.store
