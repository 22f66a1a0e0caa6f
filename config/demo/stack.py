"""All processes of the demo, under one supervisor."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import processes
from config.demo.systems.tokens import ensure_tokens
from config.local.paths import BASE_DIR, Layout
from config.local.ports import free_port
from config.local.probes import http_ready, tcp_ready
from config.local.process import ProcessSpec
from config.local.services import current_env, embedded_services
from config.local.supervisor import Supervisor

PREFERRED_WEB_PORT = 8000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """Where the demo's processes are, and the environment they run in."""

    layout: Layout
    env: dict[str, str]
    web_port: int
    systems_port: int
    supervisor: Supervisor

    @property
    def base_domain(self) -> str:
        return self.env["BASE_DOMAIN"]

    @property
    def systems_url(self) -> str:
        return f"http://127.0.0.1:{self.systems_port}"

    @property
    def mail_dir(self) -> Path:
        return self.layout.var_dir / "mail"


@contextmanager
def running_services(
    layout: Layout, say: Say, *, preferred_port: int | None = PREFERRED_WEB_PORT
) -> Iterator[Stack]:
    """Start PostgreSQL, Redis, the mail sink and the systems of record; stop everything on leaving.

    The web will listen on the preferred port or the next free one; None leaves all ports to the system.
    """
    with Supervisor(layout, listener=lambda name, what: say(f"  {name} {what}")) as supervisor:
        supervisor.start(*embedded_services(layout))
        wanted = (preferred_port, 8025, 8090) if preferred_port else (None, None, None)
        web_port, mail_port, systems_port = map(free_port, wanted)
        ensure_tokens(layout.var_dir / "systems")
        supervisor.start(_mail_sink(layout, mail_port), _systems(layout, systems_port))
        env = current_env(layout) | {
            "DJANGO_SETTINGS_MODULE": "config.settings.base",
            "VAR_DIR": str(layout.var_dir),
            "BASE_DOMAIN": os.environ.get("BASE_DOMAIN") or f"localhost:{web_port}",
            "SECURE": "0",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "OUTBOUND_ALLOWED_PRIVATE": f"127.0.0.1:{systems_port}",
            "SYSTEMS_URL": f"http://127.0.0.1:{systems_port}",
        }
        yield Stack(layout, env, web_port, systems_port, supervisor)


def prepare(stack: Stack) -> None:
    """Bring schemas and static files up to date and make the demo's data. Raises `RuntimeError` with the output."""
    processes.prepare(stack.env)
    result = subprocess.run(
        [sys.executable, "-m", "config.demo.seed"],
        check=False,
        cwd=BASE_DIR,
        env={**os.environ, **stack.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"the demo's data could not be made:\n{result.stdout}{result.stderr}")


def start_product(stack: Stack) -> None:
    """Start web, dispatcher and worker; returns when the web answers that it is ready."""
    stack.supervisor.start(
        processes.dispatcher(stack.env),
        processes.worker(stack.env),
        processes.web(stack.web_port, stack.env),
    )


def _mail_sink(layout: Layout, port: int) -> ProcessSpec:
    argv = (
        sys.executable,
        "-m",
        "config.demo.mail_sink",
        "--port",
        str(port),
        "--dir",
        str(layout.var_dir / "mail"),
    )
    return ProcessSpec(name="mail", argv=argv, cwd=BASE_DIR, ready=lambda: tcp_ready(port))


def _systems(layout: Layout, port: int) -> ProcessSpec:
    data = str(layout.var_dir / "systems")
    argv = (
        sys.executable,
        "-m",
        "config.demo.systems",
        "--port",
        str(port),
        "--data",
        data,
        "--latency-ms",
        "30",
    )
    return ProcessSpec(name="systems", argv=argv, cwd=BASE_DIR, ready=lambda: http_ready(port, "/healthz"))
