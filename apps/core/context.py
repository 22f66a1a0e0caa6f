"""What belongs to the request or work item at hand, for logs and audit entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.core.ids import new_id

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id that ties together everything one request or work item caused, or "" outside of one."""
    return _request_id.get()


@contextmanager
def bind_request_id(value: str = "") -> Iterator[str]:
    """Bind ``value`` (or a new id) as the request id within the block."""
    bound = value or str(new_id())
    token = _request_id.set(bound)
    try:
        yield bound
    finally:
        _request_id.reset(token)
