"""The test database: made once from a template that is kept for as long as the migrations stay the same."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import errors, sql

from tenants.db import connection
from tenants.services.schemas import migrate_blueprint, migrate_platform

ROOT = Path(__file__).resolve().parents[1]


def migrations_digest() -> str:
    """Return a name of what all migrations say."""
    files = sorted(path for path in ROOT.rglob("migrations/*.py") if ".venv" not in path.parts)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    digest.update("".join(settings.INSTALLED_APPS).encode())
    return digest.hexdigest()[:12]


@contextmanager
def prepared_database() -> Iterator[str]:
    """Point Django at a new database with the platform's and the blueprint's schema; drop it afterwards."""
    base = dict(settings.DATABASES["default"])
    template = f"tpl_{migrations_digest()}"
    name = f"test_{os.getpid()}"
    with _maintenance(base) as admin:
        admin.execute("SELECT pg_advisory_lock(4711)")
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone()
        if known is None:
            for (old,) in admin.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'tpl_%'"
            ).fetchall():
                drop_database(admin, old)
            making = f"{template}_new"
            drop_database(admin, making)
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            use_database(making)
            migrate_platform()
            migrate_blueprint()
            release_connections()
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(making), sql.Identifier(template)
                )
            )
        drop_database(admin, name)
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        admin.execute("SELECT pg_advisory_unlock(4711)")
    use_database(name)
    try:
        yield name
    finally:
        release_connections()
        with _maintenance(base) as admin:
            drop_database(admin, name)


def drop_database(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop the database, whoever is connected; what the server itself does there (autovacuum) may take a moment."""
    for _ in range(60):
        try:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        except (errors.InsufficientPrivilege, errors.ObjectInUse):
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"somebody holds the database {name}")


def use_database(name: str) -> None:
    release_connections()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def release_connections() -> None:
    connection.close()
    connection.close_pool()


@contextmanager
def _maintenance(base: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        dbname="postgres",
        user=base["USER"] or None,
        password=base["PASSWORD"] or None,
        host=base["HOST"] or None,
        port=base["PORT"] or None,
        autocommit=True,
    ) as admin:
        yield admin
