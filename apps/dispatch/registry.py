"""What each kind of work is and who does it; filled by the apps' ``ready()``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.dispatch.types import ClaimedItem, Retry

Outcome = dict[int, Retry]
"""Items a handler wants to see again, by item id; all others of the batch are done."""

Handler = Callable[[Sequence[ClaimedItem]], Outcome | None]


@dataclass(frozen=True, slots=True)
class WorkKind:
    """One kind of work.

    ``handler`` gets up to ``batch`` items of one tenant, inside the tenant's context. It must settle its items with
    ``services.settle.finish`` inside its own transaction, or leave that to the executor by returning None (they are
    then deleted after it returns; such a handler must bear running twice). An exception means: try again later, and
    after ``max_attempts`` of them the item is parked and ``on_parked`` is told. With ``inline`` the worker that made an
    item may do it next by itself, without the way over dispatcher and broker.
    """

    name: str
    handler: Handler
    lane: str
    batch: int
    lease_seconds: int
    max_attempts: int
    on_parked: Callable[[UUID, str], None] | None
    inline: bool


_kinds: dict[str, WorkKind] = {}
_parked_listeners: list[Callable[[ClaimedItem, str], None]] = []


def register(
    name: str,
    handler: Handler,
    *,
    lane: str,
    batch: int = 1,
    lease_seconds: int = 60,
    max_attempts: int = 8,
    on_parked: Callable[[UUID, str], None] | None = None,
    inline: bool = False,
) -> None:
    """Register a kind of work; a second registration of a name is a defect and raises."""
    if name in _kinds:
        raise ValueError(f"work kind {name!r} is registered twice")
    _kinds[name] = WorkKind(name, handler, lane, batch, lease_seconds, max_attempts, on_parked, inline)


def set_parked_listener(listener: Callable[[ClaimedItem, str], None]) -> None:
    """Say who is told, inside the tenant, of parked work whose kind has nobody of its own (``on_parked``)."""
    _parked_listeners[:] = [listener]


def parked_listener() -> Callable[[ClaimedItem, str], None] | None:
    return _parked_listeners[0] if _parked_listeners else None


def get_kind(name: str) -> WorkKind | None:
    return _kinds.get(name)


def require_kind(name: str) -> WorkKind:
    """Return the kind; raise LookupError for an unknown one."""
    kind = _kinds.get(name)
    if kind is None:
        raise LookupError(f"unknown work kind {name!r}")
    return kind
