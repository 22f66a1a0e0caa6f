"""One tenant's schema as a file of SQL, written and read by PostgreSQL's own programs."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django_tenants.utils import quote_schema_name

from tenants.db import connection


class DumpFailed(RuntimeError):
    """The program did not do it; the text is what it said."""


def write_dump(schema_name: str, path: Path) -> None:
    """Write the schema with all it holds, as of one moment. Raises DumpFailed."""
    options = (
        "--no-owner",
        "--no-privileges",
        f"--schema={quote_schema_name(schema_name)}",
        f"--file={path}",
    )
    _run("pg_dump", options)


def load_dump(schema_name: str, path: Path) -> None:
    """Replace the schema by what the file holds, all of it or (DumpFailed) nothing."""
    drop = f"DROP SCHEMA IF EXISTS {quote_schema_name(schema_name)} CASCADE"
    _run(
        "psql",
        (
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "-c",
            drop,
            "-f",
            str(path),
        ),
    )


def _run(program: str, arguments: Sequence[str]) -> None:
    path = str(Path(settings.PG_PROGRAMS) / program) if settings.PG_PROGRAMS else program
    try:
        result = subprocess.run(
            [path, *arguments],
            env={**os.environ, **_target()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise DumpFailed(f"{program} is not installed; PG_PROGRAMS names the directory it is in.") from error
    if result.returncode:
        raise DumpFailed(f"{program}: {result.stderr.strip()[-2000:]}")


def _target() -> Mapping[str, str]:
    given = connection.get_connection_params()
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {variable: str(given[name]) for name, variable in names.items() if given.get(name)}
