"""What stands where a world has nothing of its own: a mail server, sleep, calls side by side, the queue's clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from apps.dispatch.types import WorkItemSpec


@contextmanager
def mail_server() -> Iterator[None]:
    yield None


def no_time(_seconds: float) -> None:
    """Nobody sleeps here; time passes by ``World.advance``."""


def in_order(calls: Any) -> Iterator[tuple[Any, Any]]:
    """Calls of a batch one after the other, so that a seed always gives the same order."""
    for call in calls:
        yield call, call.make()


def shifted_enqueue(real: Callable[..., None], passed: Callable[[], timedelta]) -> Callable[..., None]:
    """Items are stored by the database's clock, which does not know how much time has passed here."""

    def shifted(*, specs: Any, **more: Any) -> None:
        real(
            **more,
            specs=[
                spec
                if spec.run_at is None
                else WorkItemSpec(spec.kind, spec.ref, spec.run_at - passed(), spec.dedupe, spec.lane)
                for spec in specs
            ],
        )

    return shifted


def shifted_postpone(real: Callable[..., None], passed: Callable[[], timedelta]) -> Callable[..., None]:
    """The same of items that are put off."""

    def shifted(item: Any, *, at: datetime, **more: Any) -> None:
        real(item, at=at - passed(), **more)

    return shifted
