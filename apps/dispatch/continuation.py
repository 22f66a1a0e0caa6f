"""Work that a worker goes on with by itself: what its own transactions made, due at once, leased to it from birth.

It saves the way over dispatcher and broker, which costs more than most items. ``MAX_HOPS`` bounds what one message may
lead to, so that a tenant with long chains does not keep a worker to itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.dispatch.types import ClaimedItem

MAX_HOPS = 16
MAX_SECONDS = 10.0

_collected: ContextVar[list[ClaimedItem] | None] = ContextVar("continuation", default=None)


@contextmanager
def collecting() -> Iterator[list[ClaimedItem]]:
    """Within the block, items of inline kinds are leased to the running worker and gathered in the list."""
    items: list[ClaimedItem] = []
    token = _collected.set(items)
    try:
        yield items
    finally:
        _collected.reset(token)


def is_collecting() -> bool:
    return _collected.get() is not None


def collect(items: list[ClaimedItem]) -> None:
    """Add items leased from birth; if their transaction fails they do not exist, and finishing them says so."""
    held = _collected.get()
    if held is not None:
        held.extend(items)
