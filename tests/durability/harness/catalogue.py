"""The 36 faults, by number, and what proves each."""

import os
from collections.abc import Callable
from typing import Any

import pytest

NAMES: dict[int | str, str] = {
    1: "worker killed before the effect",
    2: "worker killed after the effect, before it is recorded",
    3: "worker killed between claim and start",
    4: "worker stopped beyond its lease, then continued",
    5: "dispatcher killed between commit and publish",
    6: "Redis flushed in full flow",
    7: "Redis away for five minutes",
    8: "Redis stopped with half-open sockets, then continued",
    9: "every message three times, shuffled",
    10: "PostgreSQL stopped at once and started again",
    11: "backends terminated at random",
    12: "statements cancelled while tenants alternate",
    13: "committed, but the client saw an error",
    14: "deadlocks and serialization failures",
    15: "disk full",
    16: "two dispatchers, two sweepers, a late one",
    17: "a worker's clock an hour wrong",
    18: "daylight saving and leap day in schedules",
    19: "10,000 timers due in the same second",
    20: "workers away for a day, timers overdue",
    21: "one tenant floods the queue",
    22: "remote answers 500, 429, nothing, or slowly",
    23: "remote has done it, the answer is lost",
    24: "inbound webhook five times at once, and again after 74 hours",
    25: "outbound endpoint dead for six days",
    26: "two approvers in the same moment; approve against cancel",
    27: "template published anew during a run",
    28: "old and new workers side by side",
    29: "rolling restart under load",
    30: "migration killed half-way through the tenants",
    31: "tenant created while killed",
    32: "tenant restored from a backup",
    33: "payload that kills its worker each time",
    34: "connection pool exhausted",
    35: "domain moved while its tenant is cached",
    36: "work with a missing, unknown or foreign tenant",
    "places": "killed at every place of every kind of step",
    "pairs": "two faults of any sort at any two places",
    "children": "killed at every place of a roll-back with child runs",
}

SEEDS = int(os.environ.get("CHAOS_SEEDS", "0"))
"""How many seeds of each scenario to run; 0: the short selection of ``make test``."""


def scenario(number: int | str, *, seeds: int = 25, short: int = 1) -> Callable[[Any], Any]:
    """Mark a test as proof of a fault and give it seeds: ``short`` in the short selection (0: left out there), else
    as many as are asked for, at most ``seeds`` where more would prove nothing new."""
    count = min(SEEDS, seeds) if SEEDS else short

    def mark(test: Any) -> Any:
        if not count:
            test.__test__ = False
            return test
        marked = pytest.mark.parametrize("seed", range(1, count + 1))(test)
        return pytest.mark.fault(number)(marked)

    return mark
