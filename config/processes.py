"""The processes the product consists of, as a supervisor runs them on one machine.

Production runs the same commands from docker/compose.yaml.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
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
            # Whoever is replaced is stopped after this, and the next one has to be listening by then.
            *("--respawn-interval", "12"),
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


def prepare(env: Mapping[str, str]) -> None:
    """Bring schemas and static files up to date, both at once. Raises `RuntimeError` with the command's output."""
    with ThreadPoolExecutor(2) as pool:
        for job in (pool.submit(manage, env, "setup_platform"), pool.submit(collect_static, env)):
            job.result()
    _prepared_mark(env).write_text(_prepared_digest(), encoding="ascii")


def is_prepared(env: Mapping[str, str]) -> bool:
    """Whether `prepare` would change nothing: neither migrations nor static files are others than at the last time."""
    mark = _prepared_mark(env)
    return mark.exists() and mark.read_text(encoding="ascii") == _prepared_digest()


def _prepared_mark(env: Mapping[str, str]) -> Path:
    return Path(env["VAR_DIR"]) / ".prepared"


def _prepared_digest() -> str:
    digest = hashlib.sha256(_static_digest().encode())
    for path in sorted([*BASE_DIR.glob("apps/*/migrations/*.py"), *BASE_DIR.glob("tenants/migrations/*.py")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def collect_static(env: Mapping[str, str]) -> None:
    """Collect and compress the static files into `$VAR_DIR/static`, unless nothing changed since the last time."""
    target = Path(env["VAR_DIR"]) / "static"
    mark, digest = target / ".collected", _static_digest()
    if mark.exists() and mark.read_text(encoding="ascii") == digest:
        return
    manage({**env, "STATIC_ROOT": str(target)}, "collectstatic", "--no-input", "--clear", "--verbosity", "0")
    mark.write_text(digest, encoding="ascii")


def _static_digest() -> str:
    """Names the built assets, and the packages that bring static files of their own."""
    digest = hashlib.sha256((BASE_DIR / "requirements" / "dev.txt").read_bytes())
    for path in sorted((BASE_DIR / "static" / "dist").rglob("*")):
        if path.is_file():
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


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
