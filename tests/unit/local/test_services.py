"""Embedded PostgreSQL and Redis, really started, really killed."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
import redis.backoff
import redis.retry

from config.local import env, postgres, services
from config.local.paths import Layout
from config.local.registry import Registry

NOTHING_NAMED: dict[str, str] = {
    key: value for key, value in os.environ.items() if key not in {*env.KEYS, "DJANGO_SETTINGS_MODULE"}
}


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # Long on purpose: the path of a unix socket may have 107 bytes, a project's path has as many as it likes.
    directory = tmp_path_factory.mktemp("a-rather-long-name-for-a-directory-" + "x" * 60)
    yield directory
    services.forget(directory)


@pytest.fixture(scope="module")
def running(var_dir: Path) -> dict[str, str]:
    return services.ensure_services(var_dir, NOTHING_NAMED)


def children(var_dir: Path) -> dict[str, int]:
    registry = Registry.load(Layout(var_dir).registry_file)
    assert registry is not None
    return {name: child.pid for name, child in registry.children.items()}


def query(url: str, statement: str, *, seconds: float = 0) -> list[tuple[object, ...]]:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_program_gets_a_durable_database_and_no_superuser(running: dict[str, str]) -> None:
    url = running["DATABASE_URL"]
    assert query(url, "SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user") == [
        ("app", False)
    ]
    wanted = ("fsync", "synchronous_commit", "full_page_writes", "server_version_num")
    found = query(url, "SELECT name, setting FROM pg_settings WHERE name IN " + str(wanted))
    settings = {str(name): str(value) for name, value in found}
    assert settings.pop("server_version_num").startswith("18")
    assert settings == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def test_processes_that_ask_at_once_share_one(running: dict[str, str], var_dir: Path) -> None:
    before = children(var_dir)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: services.ensure_services(var_dir, NOTHING_NAMED), range(4)))
    assert all(answer == running for answer in answers)
    assert children(var_dir) == before


def test_secrets_are_kept_and_closed_to_others(running: dict[str, str], var_dir: Path) -> None:
    path = Layout(var_dir).env_file
    assert path.stat().st_mode & 0o077 == 0
    assert env.ensure_secrets(path)["SECRET_KEY"] == running["SECRET_KEY"]
    assert postgres.cluster(Layout(var_dir)).socket_dir.stat().st_mode & 0o077 == 0


def test_what_was_committed_survives_kill_9_of_the_server(running: dict[str, str], var_dir: Path) -> None:
    url = running["DATABASE_URL"]
    query(url, "CREATE TABLE kept (n int)")
    query(url, "INSERT INTO kept VALUES (42)")
    postmaster = children(var_dir)["postgres"]
    with psycopg.connect(url) as busy:
        # A backend that is busy notices nothing of the server's end and keeps its shared memory.
        busy.execute("SELECT 1")
        backend = busy.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(postmaster, signal.SIGKILL)
        assert query(url, "SELECT n FROM kept", seconds=15) == [(42,)]
        busy.close()
    assert children(var_dir)["postgres"] != postmaster
    assert not psutil.pid_exists(backend)


def test_redis_comes_back_at_the_same_address(running: dict[str, str], var_dir: Path) -> None:
    before = children(var_dir)["redis"]
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while children(var_dir)["redis"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.1), retries=50)
    with redis.Redis.from_url(running["REDIS_URL"], retry=retry) as client:
        assert client.ping()


def test_after_kill_9_of_everything_the_data_is_there(running: dict[str, str], var_dir: Path) -> None:
    query(running["DATABASE_URL"], "CREATE TABLE still_there ()")
    registry = Registry.load(Layout(var_dir).registry_file)
    assert registry is not None
    supervisor = psutil.Process(registry.supervisor.pid)
    everything = [supervisor, *supervisor.children(recursive=True)]
    for process in everything:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(everything, timeout=5)
    # A number that belongs to somebody else by now must not keep the server from starting.
    pid_file = postgres.cluster(Layout(var_dir)).data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = services.ensure_services(var_dir, NOTHING_NAMED)
    assert query(again["DATABASE_URL"], "SELECT to_regclass('still_there')::text") == [("still_there",)]
    assert again["CREDENTIAL_KEYS"] == running["CREDENTIAL_KEYS"]


def test_what_the_environment_names_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    named = NOTHING_NAMED | {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache/1"}
    found = services.ensure_services(tmp_path, named)
    assert (found["DATABASE_URL"], found["REDIS_URL"]) == ("postgresql://db/x", "redis://cache/1")
    assert not Layout(tmp_path).registry_file.exists()
    assert not Layout(tmp_path).postgres_dir.exists()


def test_stop_leaves_nothing_running(tmp_path: Path) -> None:
    only_redis = NOTHING_NAMED | {"DATABASE_URL": "postgresql://db/x"}
    services.ensure_services(tmp_path, only_redis)
    pids = children(tmp_path)
    assert list(pids) == ["redis"]
    assert services.stop_services(tmp_path)
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert not services.stop_services(tmp_path)
