"""Durable state of the systems: records, replayable answers, and the log of requests and effects."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.demo.systems.messages import JsonObject

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    system TEXT NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (system, kind, id));
CREATE INDEX IF NOT EXISTS record_order ON record (system, kind, n);
CREATE INDEX IF NOT EXISTS record_external ON record (system, kind, json_extract(data, '$.external_id'));
CREATE TABLE IF NOT EXISTS replay (
    system TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (system, key));
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, system TEXT NOT NULL, kind TEXT NOT NULL,
    operation TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, key TEXT, status INTEGER,
    subject TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS log_find ON log (system, kind, operation, key);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

LOG_FILTERS = ("system", "kind", "operation", "key", "subject")


def utc_now() -> str:
    """The time of this machine as RFC 3339 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """One SQLite file. Every public write belongs inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        # WAL with NORMAL keeps every commit through the death of this process, which is what is promised here.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside stay or vanish together."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def next_number(self, system: str, kind: str) -> int:
        """The running number of the next record of its kind, from 1."""
        row = self._db.execute(
            "SELECT coalesce(max(n), 0) + 1 FROM record WHERE system = ? AND kind = ?", (system, kind)
        ).fetchone()
        return int(row[0])

    def put(self, system: str, kind: str, data: JsonObject) -> None:
        """Writes a record whole; `data["id"]` says which."""
        self._db.execute(
            "INSERT INTO record (system, kind, n, id, data) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (system, kind, id) DO UPDATE SET data = excluded.data",
            (system, kind, self.next_number(system, kind), data["id"], json.dumps(data)),
        )

    def get(self, system: str, kind: str, record_id: str) -> JsonObject | None:
        """One record, or None."""
        row = self._db.execute(
            "SELECT data FROM record WHERE system = ? AND kind = ? AND id = ?", (system, kind, record_id)
        ).fetchone()
        return None if row is None else json.loads(row["data"])

    def find(self, system: str, kind: str, filters: dict[str, str], limit: int = 1000) -> list[JsonObject]:
        """Records, oldest first, whose top-level fields equal the filters (compared as text)."""
        where, values = ["system = ?", "kind = ?"], [system, kind]
        for name, value in filters.items():
            if name == "external_id":
                where.append("json_extract(data, '$.external_id') = ?")
            else:
                where.append("CAST(json_extract(data, '$.' || ?) AS TEXT) = ?")
                values.append(json.dumps(name))
            values.append(value)
        sql = f"SELECT data FROM record WHERE {' AND '.join(where)} ORDER BY n LIMIT {int(limit)}"  # noqa: S608
        return [json.loads(row["data"]) for row in self._db.execute(sql, values)]

    def replay(self, system: str, key: str) -> tuple[str, int, Any] | None:
        """What was answered to this idempotency key: body digest, status, body; or None."""
        row = self._db.execute(
            "SELECT digest, status, body FROM replay WHERE system = ? AND key = ?", (system, key)
        ).fetchone()
        return None if row is None else (row["digest"], int(row["status"]), json.loads(row["body"]))

    def remember(self, system: str, key: str, digest: str, status: int, body: Any) -> None:
        """Keeps an answer for replay."""
        self._db.execute(
            "INSERT INTO replay VALUES (?, ?, ?, ?, ?)", (system, key, digest, status, json.dumps(body))
        )

    def log(self, **fields: str | int | None) -> None:
        """Appends a line: system, kind (request or effect), operation, method, path, key, status, subject, body."""
        fields["at"] = utc_now()
        names = ", ".join(fields)
        marks = ", ".join("?" * len(fields))
        self._db.execute(f"INSERT INTO log ({names}) VALUES ({marks})", list(fields.values()))  # noqa: S608

    def log_lines(self, filters: dict[str, str], since: int, limit: int) -> tuple[int, list[JsonObject]]:
        """How many lines match in all, and the first `limit` of them after line `since`."""
        where, values = self._log_where(filters, since)
        (total,) = self._db.execute(f"SELECT count(*) FROM log WHERE {where}", values).fetchone()  # noqa: S608
        rows = self._db.execute(
            f"SELECT * FROM log WHERE {where} ORDER BY seq LIMIT ?",  # noqa: S608
            [*values, limit],
        )
        return int(total), [dict(row) for row in rows]

    def effects_by_key(self, filters: dict[str, str], since: int) -> dict[str, int]:
        """How often each idempotency key had an effect; effects without a key count under the empty key."""
        where, values = self._log_where({**filters, "kind": "effect"}, since)
        rows = self._db.execute(
            f"SELECT coalesce(key, '') AS k, count(*) AS times FROM log WHERE {where} GROUP BY k",  # noqa: S608
            values,
        )
        return {row["k"]: int(row["times"]) for row in rows}

    def setting(self, name: str) -> Any:
        """A stored setting, or None."""
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row["value"])

    def save_setting(self, name: str, value: Any) -> None:
        """Stores a setting whole."""
        self._db.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    @staticmethod
    def _log_where(filters: dict[str, str], since: int) -> tuple[str, list[str | int]]:
        known = {name: filters[name] for name in LOG_FILTERS if name in filters}
        clauses = ["seq > ?", *(f"{name} = ?" for name in known)]
        return " AND ".join(clauses), [since, *known.values()]
