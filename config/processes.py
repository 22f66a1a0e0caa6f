"""The processes the product consists of, as a supervisor runs them on one machine.

Production runs the same commands from docker/compose.yaml.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from config.local.paths import BASE_DIR
from config.local.probes import http_ready
from config.local.process import ProcessSpec

BIN = Path(sys.executable).parent


def web(port: int, env: Mapping[str, str], *, workers: int = 2, threads: int = 4) -> ProcessSpec:
    """The web server on loopback; ready when it can reach its database and Redis."""
    return ProcessSpec(
        name="web",
        argv=(
            *(str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(workers), "--blocking-threads", str(threads), "--respawn-failed-workers"),
            *("--workers-kill-timeout", "5", "--log-level", "warning", "config.wsgi:application"),
        ),
        env=env,
        cwd=BASE_DIR,
        ready=lambda: http_ready(port, "/readyz"),
    )


def dispatcher(env: Mapping[str, str], *, number: int = 1) -> ProcessSpec:
    """One dispatcher; any number may run."""
    return ProcessSpec(
        name=f"dispatcher{number}",
        argv=(sys.executable, "manage.py", "dispatcher"),
        env=env,
        cwd=BASE_DIR,
    )


def worker(env: Mapping[str, str], *, number: int = 1, threads: int = 8) -> ProcessSpec:
    """One Celery worker with a pool of threads; any number may run."""
    return ProcessSpec(
        name=f"worker{number}",
        argv=(
            *(sys.executable, "-m", "celery", "--app", "config.celery:app", "worker", "--queues", "work"),
            *("--pool", "threads", "--concurrency", str(threads), "--hostname", f"worker{number}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
        ),
        env=env,
        cwd=BASE_DIR,
        stop_timeout=15.0,
    )


def manage(env: Mapping[str, str], *arguments: str) -> None:
    """Run a management command to its end. Raises `RuntimeError` with its output when it fails."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        check=False,
        cwd=BASE_DIR,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{result.stdout}{result.stderr}")
