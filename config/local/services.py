"""PostgreSQL and Redis for a profile: embedded ones, or those the environment names.

`DATABASE_URL` and `REDIS_URL` in the environment win, each for itself; nothing is embedded in place of what is named.
Two ways to run the embedded ones: under the caller's own supervisor (`embedded_services`, the demo), or under a
background supervisor which parallel processes share (`ensure_services`, tests and development).
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from config.local import env, postgres, redis
from config.local.paths import BASE_DIR, Layout
from config.local.process import ProcessSpec, tail
from config.local.registry import Registry, kill_leftovers
from config.local.supervisor import StartFailed, Supervisor

START_SECONDS = 90.0
STOP_SECONDS = 40.0


def embedded_services(layout: Layout, environ: Mapping[str, str] = os.environ) -> list[ProcessSpec]:
    """Prepare what is not named in the environment; returns what the caller's supervisor has to start.

    Call it inside the supervisor's context, so that what an earlier one left is gone. Addresses and secrets are in
    `current_env` afterwards.
    """
    known = env.ensure_secrets(layout.env_file)
    specs: list[ProcessSpec] = []
    if not environ.get("DATABASE_URL"):
        cluster = postgres.cluster(layout)
        postgres.prepare(cluster)
        env.update_env(layout.env_file, DATABASE_URL=cluster.url)
        specs.append(postgres.process(cluster))
    if not environ.get("REDIS_URL"):
        broker = redis.broker(layout, known.get("REDIS_URL", ""))
        redis.prepare(broker)
        env.update_env(layout.env_file, REDIS_URL=broker.url)
        specs.append(redis.process(broker))
    return specs


def current_env(layout: Layout, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Addresses and secrets as the program needs them: the environment's, else the profile's."""
    known = env.read_env(layout.env_file)
    values = {key: environ.get(key) or known.get(key, "") for key in env.KEYS}
    if not environ.get("DATABASE_URL"):
        values["PG_PROGRAMS"] = str(postgres.program("pg_dump").parent)
    return {key: value for key, value in values.items() if value}


def ensure_services(var_dir: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Have PostgreSQL and Redis run for the directory; returns the environment of a program that uses them.

    Processes that call it at once share one background supervisor. It runs on until `stop_services`.
    Raises `StartFailed` with the end of its log.
    """
    layout = Layout(var_dir.resolve())
    layout.make()
    env.ensure_secrets(layout.env_file)
    if environ.get("DATABASE_URL") and environ.get("REDIS_URL"):
        return current_env(layout, environ)
    with _only_one(layout):
        if not is_up(layout):
            _start_in_background(layout, environ)
    return current_env(layout, environ)


def is_up(layout: Layout) -> bool:
    """Whether a living supervisor has everything ready."""
    registry = Registry.load(layout.registry_file)
    return registry is not None and registry.ready and registry.supervisor.is_alive()


def serve(var_dir: Path) -> None:
    """Be the background supervisor until SIGTERM, or until the directory's files are removed."""
    layout = Layout(var_dir.resolve())
    ending = False

    def end(number: int, frame: object) -> None:
        nonlocal ending
        ending = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with Supervisor(layout) as supervisor:
        supervisor.start(*embedded_services(layout))
        supervisor.mark_ready()
        while not ending and layout.registry_file.exists():
            time.sleep(0.2)


def stop_services(var_dir: Path) -> bool:
    """Stop the supervisor of the directory and all it runs; returns whether anything ran."""
    layout = Layout(var_dir.resolve())
    registry = Registry.load(layout.registry_file)
    if registry is None:
        return False
    supervisor = registry.supervisor
    ran = supervisor.is_alive()
    if ran:
        with suppress(ProcessLookupError):
            os.kill(supervisor.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while supervisor.is_alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        if supervisor.is_alive():
            os.kill(supervisor.pid, signal.SIGKILL)
    left = kill_leftovers(registry)
    layout.registry_file.unlink(missing_ok=True)
    return ran or bool(left)


def forget(var_dir: Path) -> None:
    """Stop what runs for the directory and remove it with all its data."""
    layout = Layout(var_dir.resolve())
    stop_services(layout.var_dir)
    shutil.rmtree(postgres.cluster(layout).socket_dir, ignore_errors=True)
    shutil.rmtree(layout.var_dir, ignore_errors=True)


def _start_in_background(layout: Layout, environ: Mapping[str, str]) -> None:
    log = layout.log_file("services")
    with log.open("ab") as output:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "config.local", "serve", "--var-dir", str(layout.var_dir)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=BASE_DIR,
            env=dict(environ),
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not is_up(layout):
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise StartFailed(f"PostgreSQL and Redis did not start; the end of {log}:\n{tail(log)}")
        time.sleep(0.05)


@contextmanager
def _only_one(layout: Layout) -> Iterator[None]:
    with layout.start_lock.open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
