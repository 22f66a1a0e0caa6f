"""The product as it is measured and put to the test: services, a system of record, a mail sink, web, dispatchers, worker."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from config import processes
from config.demo.systems.tokens import ensure_tokens
from config.local import postgres
from config.local.paths import BASE_DIR, Layout
from config.local.ports import free_port
from config.local.probes import http_ready, tcp_ready
from config.local.process import ProcessSpec
from config.local.services import current_env, embedded_services
from config.local.supervisor import Supervisor

DOMAIN = "bench.example"


@dataclass(frozen=True)
class Stack:
    """What runs, and the environment it runs in. ``embedded`` is False where the environment names a PostgreSQL."""

    layout: Layout
    env: dict[str, str]
    web_port: int
    systems_url: str
    supervisor: Supervisor
    embedded: bool

    def host(self, slug: str) -> str:
        return f"{slug}.{DOMAIN}"

    @property
    def observer_url(self) -> str:
        """Where observers connect: as the superuser of the embedded cluster, so that their statements tell apart."""
        url = self.env["DATABASE_URL"]
        return url.replace(f"//{postgres.ROLE}@", f"//{postgres.SUPERUSER}@", 1) if self.embedded else url


@contextmanager
def running_services(
    layout: Layout,
    *,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    latency_ms: int = 0,
    pages: bool = True,
) -> Iterator[Stack]:
    """Start PostgreSQL, Redis, the systems of record and a mail sink, bring schemas up to date; stop everything on leaving.

    ``environ`` may name services to use instead of embedded ones; ``latency_ms`` is how long the systems think.
    Without ``pages`` the static files are left out, which takes half the time.
    """
    with Supervisor(layout) as supervisor:
        supervisor.start(*embedded_services(layout, environ))
        web_port, systems_port, mail_port = free_port(8100), free_port(8190), free_port(8290)
        ensure_tokens(layout.var_dir / "systems")
        supervisor.start(_systems(layout, systems_port, latency_ms), _mail_sink(layout, mail_port))
        env = current_env(layout, environ) | {
            "DJANGO_SETTINGS_MODULE": "config.settings.base",
            "VAR_DIR": str(layout.var_dir),
            "BASE_DOMAIN": DOMAIN,
            "SECURE": "0",
            "LOG_LEVEL": "WARNING",
            "API_RATE_PER_MINUTE": "10000000",
            "OUTBOUND_ALLOWED_PRIVATE": f"127.0.0.1:{systems_port}",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "SYSTEMS_URL": f"http://127.0.0.1:{systems_port}",
            **(settings or {}),
        }
        if pages:
            processes.prepare(env)
        else:
            processes.manage(env, "setup_platform")
        embedded = not environ.get("DATABASE_URL")
        yield Stack(layout, env, web_port, env["SYSTEMS_URL"], supervisor, embedded)


def start_product(stack: Stack, *, dispatchers: int = 1, web_workers: int = 2, threads: int = 8) -> None:
    """Start web, dispatchers and one worker; returns when the web answers that it is ready."""
    stack.supervisor.start(
        *(processes.dispatcher(stack.env, number=number) for number in range(1, dispatchers + 1)),
        processes.worker(stack.env, threads=threads),
        processes.web(stack.web_port, stack.env, workers=web_workers),
    )


@contextmanager
def second_worker(stack: Stack, *, threads: int = 8) -> Iterator[None]:
    """Have a second worker process within the block."""
    worker = processes.worker(stack.env, number=2, threads=threads)
    stack.supervisor.start(worker)
    try:
        yield
    finally:
        stack.supervisor.stop_one(worker.name)


def run_module(stack: Stack, module: str, *arguments: str) -> None:
    """Run a program of ours in the product's environment to its end; raise RuntimeError with its output if it fails."""
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=False,
        cwd=BASE_DIR,
        env={**os.environ, **stack.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"{module} failed:\n{result.stdout}{result.stderr}")


def _mail_sink(layout: Layout, port: int) -> ProcessSpec:
    options = ("--port", str(port), "--dir", str(layout.var_dir / "mail"))
    argv = (sys.executable, "-m", "config.demo.mail_sink", *options)
    return ProcessSpec(name="mail", argv=argv, cwd=BASE_DIR, ready=lambda: tcp_ready(port))


def _systems(layout: Layout, port: int, latency_ms: int) -> ProcessSpec:
    options = (
        "--port",
        str(port),
        "--data",
        str(layout.var_dir / "systems"),
        "--latency-ms",
        str(latency_ms),
    )
    argv = (sys.executable, "-m", "config.demo.systems", *options)
    return ProcessSpec(name="systems", argv=argv, cwd=BASE_DIR, ready=lambda: http_ready(port, "/healthz"))
