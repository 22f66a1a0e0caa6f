"""Named places where a process may die, an error may come, or the world may go on without it.

Nothing in the product knows of them: functions are wrapped from outside, in every module that imported them. A place is
named by who is at work and what is about to happen or has just happened: ``worker.commit:after``.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.dispatch import bell, dispatcher, executor
from apps.dispatch.services import claim, settle
from apps.integrations.handlers import actions
from apps.ledger.services import unit
from apps.ledger.services.unit import UnitOfWork
from apps.ledger.services.writing import rows_to_write
from apps.workflows.services.writing import write_progress


class Crash(BaseException):
    """The process dies here; nothing in the product may catch it."""


Act = Callable[[], None]


@dataclass
class Places:
    """Counts which places are reached, and does at one of them what the test asks for."""

    actor: str = "client"
    trace: list[str] = field(default_factory=list)
    armed: dict[tuple[str, int], Act] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    fired: list[str] = field(default_factory=list)
    every: Callable[[str], None] | None = None
    dead: bool = False
    deaths: int = 0

    def reach(self, name: str) -> None:
        """Note the place; do what is armed for this visit of it, once."""
        self.live()
        place = f"{self.actor}.{name}"
        number = self.seen[place] = self.seen.get(place, 0) + 1
        self.trace.append(f"{place}#{number}")
        act = self.armed.pop((place, number), None)
        if act is not None:
            self.fired.append(f"{place}#{number}")
            act()
        elif self.every is not None:
            self.every(place)

    def arm(self, place: str, number: int, act: Act) -> None:
        """Do ``act`` when ``place`` is reached for the ``number``-th time from the beginning (from 1)."""
        self.armed[(place, number)] = act

    def live(self) -> None:
        """Let nothing be done by a process that is dead."""
        if self.dead:
            raise Crash

    def crash(self) -> None:
        """Let the process die here."""
        self.dead = True
        self.deaths += 1
        raise Crash


# What is wrapped: the place's name, the function, its owner and its name there.
_FUNCTIONS: tuple[tuple[str, Any, str], ...] = (
    ("claim", claim, "claim_due"),
    ("publish", dispatcher, "_publish"),
    ("begin", settle, "begin"),
    ("extend", settle, "extend"),
    ("finish", unit, "finish"),
    ("postpone", settle, "postpone"),
    ("park", settle, "park"),
    ("recover", settle, "recover_expired"),
    ("reopen", settle, "reopen_lanes"),
    ("item", executor, "_run"),
    ("settle", actions, "_settle"),
    ("bell", bell, "ring"),
)


@contextmanager
def watched(places: Places) -> Iterator[None]:
    """Within the block the product tells ``places`` where it is."""
    with ExitStack() as stack:
        for name, owner, attribute in _FUNCTIONS:
            replace(stack, getattr(owner, attribute), _telling(places, name, getattr(owner, attribute)))
        for name, function in (("write", write_progress), ("ledger", rows_to_write)):
            replace(stack, function, _telling(places, name, function))
        for owner, attribute, name in (
            (UnitOfWork, "flush", "flush"),
            (BaseDatabaseWrapper, "commit", "commit"),
        ):
            told = _telling(places, name, getattr(owner, attribute))
            stack.enter_context(patch.object(owner, attribute, told))
        stack.enter_context(patch.object(BaseDatabaseWrapper, "cursor", _of_the_living(places)))
        yield


def _of_the_living(places: Places) -> Callable[..., Any]:
    real = BaseDatabaseWrapper.cursor

    @wraps(real)
    def cursor(*args: Any, **kwargs: Any) -> Any:
        places.live()
        return real(*args, **kwargs)

    return cursor


def _telling(places: Places, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def told(*args: Any, **kwargs: Any) -> Any:
        places.reach(f"{name}:before")
        result = function(*args, **kwargs)
        places.reach(f"{name}:after")
        return result

    return told


def replace(stack: ExitStack, function: Any, other: Any) -> None:
    """Put ``other`` in the place of ``function`` wherever a module of the product holds it."""
    for module_name, module in list(sys.modules.items()):
        if not module_name.startswith(("apps.", "tenants.", "config.")):
            continue
        for attribute, held in list(vars(module).items()):
            if held is function:
                stack.enter_context(patch.object(module, attribute, other))
