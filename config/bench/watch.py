"""Sees runs end: one connection that looks for all awaited runs of all tenants in one statement."""

import threading
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

LOOK_EVERY = 0.004


class Watcher:
    """Looks while somebody waits; ``looks`` counts its statements, each of which is a transaction of its own."""

    def __init__(self, url: str) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)
        self._awaited: dict[str, tuple[str, threading.Event]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.looks = 0

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._connection.close()

    def expect(self, schema: str, run: str) -> threading.Event:
        """Return an event that is set once the run has ended."""
        event = threading.Event()
        with self._lock:
            self._awaited[run] = (schema, event)
        return event

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_EVERY):
            with self._lock:
                awaited = dict(self._awaited)
            if not awaited:
                continue
            self.looks += 1
            for (run,) in self._connection.execute(_statement(awaited)).fetchall():
                with self._lock:
                    _schema, event = self._awaited.pop(str(run))
                event.set()


def _statement(awaited: dict[str, tuple[str, threading.Event]]) -> sql.Composed:
    by_schema: dict[str, list[str]] = {}
    for run, (schema, _event) in awaited.items():
        by_schema.setdefault(schema, []).append(run)
    parts = [
        sql.SQL("SELECT id FROM {} WHERE finished_at IS NOT NULL AND id = ANY({}::uuid[])").format(
            sql.Identifier(schema, "workflows_run"), sql.Literal(runs)
        )
        for schema, runs in by_schema.items()
    ]
    return sql.SQL(" UNION ALL ").join(parts)
