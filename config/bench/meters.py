"""What a round costs: CPU of our processes, transactions, commits, statements, bytes."""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from config.bench.stack import Stack
from config.local import postgres

PARTS = ("web", "worker1", "dispatcher1", "postgres", "redis")
_LOGGED = re.compile(
    r"^\S+ \S+ \S+ \[(?P<pid>\d+)\] app@\S+ LOG:  (?:statement|execute [^:]*): (?P<text>.*)$"
)
_WAITED = """
SELECT extract(epoch FROM settled_at - created_at)::float8 - latency_ms / 1000 FROM {}
 WHERE created_at > %s AND settled_at IS NOT NULL AND visit = 'first#1'
"""
_NUMBERS = re.compile(r"'(?:[^']|'')*'(?:::\w+(?:\[\])?)?|\b\d+(?:\.\d+)?\b|\bNULL\b")


@dataclass
class Cost:
    """Totals of one round. ``commits`` are those that wrote something; None where they cannot be counted."""

    cpu: dict[str, float] = field(default_factory=dict)
    transactions: int = 0
    commits: int | None = None
    size: int = 0

    @property
    def cpu_seconds(self) -> float:
        return sum(self.cpu.values())


@contextmanager
def metered(stack: Stack) -> Iterator[Cost]:
    """Measure what the block costs; the numbers are there when it has ended."""
    cost = Cost()
    with psycopg.connect(stack.observer_url, autocommit=True) as observer:
        cpu, before = cpu_of(stack), _counters(observer)
        yield cost
        after = _counters(observer)
        cost.cpu = {name: used - cpu[name] for name, used in cpu_of(stack).items()}
    cost.transactions = after[0] - before[0]
    cost.size = after[1] - before[1]
    cost.commits = _commits(stack, before[2], after[2]) if stack.embedded else None


def memory_of(stack: Stack, name: str) -> float:
    """Return the megabytes that a part, with all its processes, has to itself."""
    root = psutil.Process(stack.supervisor.pid(name))
    return float(sum(process.memory_info().rss for process in (root, *root.children(recursive=True))) / 2**20)


@contextmanager
def ready_to_start(stack: Stack, tenants: Sequence[Mapping[str, Any]]) -> Iterator[list[float]]:
    """Gather, within the block, the seconds between the decision that leads to an action and the worker that does it."""
    waited: list[float] = []
    with psycopg.connect(stack.observer_url, autocommit=True) as observer:
        row = observer.execute("SELECT clock_timestamp()").fetchone()
        yield waited
        for tenant in tenants:
            table = sql.Identifier(str(tenant["schema"]), "integrations_actionintent")
            text = sql.SQL(_WAITED).format(table)
            waited += [float(found[0]) for found in observer.execute(text, row)]


def cpu_of(stack: Stack) -> dict[str, float]:
    """Return the CPU seconds that each part has used so far, with all its processes, living and dead."""
    return {name: _cpu(stack.supervisor.pid(name)) for name in PARTS if name in stack.supervisor.names()}


@contextmanager
def logged_statements(stack: Stack) -> Iterator[Counter[str]]:
    """Have PostgreSQL log each statement of the product within the block; afterwards count them by their text.

    Constants in the texts are replaced by ``?``.
    """
    found: Counter[str] = Counter()
    log = stack.layout.log_file("postgres")
    with psycopg.connect(stack.observer_url, autocommit=True) as observer:
        position = log.stat().st_size
        _log_statements(observer, on=True)
        try:
            yield found
        finally:
            _log_statements(observer, on=False)
    found.update(_statements(log, position))


def _log_statements(observer: psycopg.Connection[tuple[object, ...]], *, on: bool) -> None:
    observer.execute(f"ALTER SYSTEM SET log_statement = '{'all' if on else 'none'}'")
    observer.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)


def _statements(log: Path, position: int) -> Iterator[str]:
    with log.open("rb") as file:
        file.seek(position)
        lines = file.read().decode("utf-8", "replace").split("\n")
    # A statement may begin on the line after its mark: an empty text is a statement, None is not.
    text: str | None = None
    for line in lines:
        match = _LOGGED.match(line)
        if match:
            if text is not None:
                yield _shape(text)
            text = match["text"]
        elif line.startswith("\t") and text is not None:
            text += f" {line.strip()}"
        elif line and text is not None:
            yield _shape(text)
            text = None
    if text is not None:
        yield _shape(text)


def _shape(text: str) -> str:
    bare = _NUMBERS.sub("?", re.sub(r"\s+", " ", text).strip())
    return re.sub(r"\?(?:, \?)+", "?, ...", re.sub(r"\(\?(?:, \?|, \.\.\.)*\)(?:, \(.*?\))*", "(...)", bare))


def _counters(observer: psycopg.Connection[tuple[object, ...]]) -> tuple[int, int, str]:
    observer.execute("SELECT pg_stat_clear_snapshot()")
    # Statistics of living sessions arrive within a second.
    time.sleep(1.1)
    row = observer.execute(
        "SELECT xact_commit, pg_database_size(current_database()), pg_current_wal_flush_lsn()::text "
        "FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    if row is None:
        raise RuntimeError("PostgreSQL keeps no statistics of the database")
    return int(str(row[0])), int(str(row[1])), str(row[2])


def _commits(stack: Stack, start: str, end: str) -> int | None:
    """Count the commit records in the write-ahead log."""
    wal = postgres.cluster(stack.layout).data_dir / "pg_wal"
    command = [str(postgres.program("pg_waldump")), "--path", str(wal), "--start", start, "--end", end]
    result = subprocess.run(
        [*command, "--rmgr=Transaction", "--stats=record"], check=False, capture_output=True, text=True
    )
    match = re.search(r"^Transaction/COMMIT\s+(\d+)", result.stdout, re.MULTILINE)
    return int(match[1]) if match else None


def _cpu(pid: int) -> float:
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system + used.children_user + used.children_system
    return total
