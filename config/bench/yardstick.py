"""What this machine can do at all: single-row commits a second by PostgreSQL's own ``pgbench``."""

import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from config.bench.stack import Stack
from config.local import postgres

_SCRIPT = "INSERT INTO bench_yardstick (at) VALUES (now());\n"


def commit_rates(stack: Stack, *, clients: tuple[int, ...], seconds: int) -> dict[int, float]:
    """Return commits a second by number of clients; empty where PostgreSQL is not ours."""
    if not stack.embedded:
        return {}
    script = stack.layout.var_dir / "yardstick.sql"
    script.write_text(_SCRIPT, encoding="ascii")
    with psycopg.connect(stack.observer_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS yardstick")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS yardstick.bench_yardstick (id bigserial, at timestamptz)"
        )
        rates = {count: _rate(stack, script, count, seconds) for count in clients}
        connection.execute("DROP SCHEMA yardstick CASCADE")
    return rates


def _rate(stack: Stack, script: Path, clients: int, seconds: int) -> float:
    url = urlsplit(stack.observer_url)
    command = [str(postgres.program("pgbench")), "--no-vacuum", "--file", str(script), "--protocol=prepared"]
    command += ["--client", str(clients), "--jobs", str(min(clients, 2)), "--time", str(seconds)]
    command += ["-h", parse_qs(url.query)["host"][0], "-U", str(url.username), url.path.lstrip("/")]
    environment = {"PGOPTIONS": "-c search_path=yardstick", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    match = re.search(r"^tps = ([\d.]+)", result.stdout, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"pgbench failed: {result.stderr or result.stdout}")
    return float(match[1])
