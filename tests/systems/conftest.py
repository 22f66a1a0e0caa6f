"""Starts the real programs of `config.demo` on free ports of the loopback, each with its own directory."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Returns when the process listens; fails when it died or took too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}")


@dataclass
class Program:
    """One `python -m <module> --port ...` that can be killed and started again on the same directory."""

    module: str
    arguments: list[str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it listens."""
        command = [sys.executable, "-m", self.module, "--port", str(self.port), *self.arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        wait_for_port(self.port, self.process)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ends it with a signal and returns its exit code."""
        assert self.process is not None
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=10)

    def kill_and_restart(self) -> None:
        """Ends it without warning and starts it again."""
        self.stop(signal.SIGKILL)
        self.start()


@dataclass
class SystemsClient:
    """Talks to a running systems-of-record server."""

    program: Program
    tokens: dict[str, str]
    http: httpx.Client

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **kwargs: Any
    ) -> httpx.Response:
        """One request with the token of the system in the path."""
        headers = {"Authorization": f"Bearer {self.tokens[path.split('/')[1]]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.http.request(method, path, json=body, headers=headers, **kwargs)

    def misbehave(self, operation: str, *plan: dict[str, Any], system: str = "psa", **rest: Any) -> None:
        """Puts a plan in force."""
        body = {"system": system, "operation": operation, "plan": list(plan), **rest}
        assert self.http.post("/switch", json=body).status_code == 201

    def effects(self, **filters: str) -> list[dict[str, Any]]:
        """Effect lines of the log."""
        lines: list[dict[str, Any]] = self.http.get("/log", params={"kind": "effect", **filters}).json()[
            "results"
        ]
        return lines


@pytest.fixture
def start_systems(tmp_path: Path) -> Iterator[Callable[..., SystemsClient]]:
    """Starts the systems of record with extra command-line arguments."""
    clients: list[SystemsClient] = []

    def start(*arguments: str) -> SystemsClient:
        program = Program("config.demo.systems", ["--data", str(tmp_path / "systems"), *arguments])
        program.start()
        tokens = json.loads((tmp_path / "systems" / "tokens.json").read_text())
        client = httpx.Client(base_url=f"http://127.0.0.1:{program.port}", timeout=5)
        clients.append(SystemsClient(program, tokens, client))
        return clients[-1]

    yield start
    for each in clients:
        each.http.close()
        each.program.stop(signal.SIGKILL)


@pytest.fixture
def systems(start_systems: Callable[..., SystemsClient]) -> SystemsClient:
    """A fresh systems-of-record server."""
    return start_systems()
