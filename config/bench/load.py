"""Closed-loop clients: each starts a run, decides its approval as soon as it is there, and waits for the run to end."""

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from config.bench.stack import Stack
from config.bench.watch import Watcher

PATIENCE_SECONDS = 60.0
AMOUNT = {"amount": "12500.00", "currency": "EUR"}


class Refused(RuntimeError):
    """The product answered something other than success."""


@dataclass
class Measured:
    """Seconds of what was completed within one round."""

    clients: int
    seconds: float = 0.0
    runs: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)
    looks: int = 0

    @property
    def per_second(self) -> float:
        return len(self.runs) / self.seconds


class Api:
    """One kept connection to the web server, speaking to whichever host and with whichever key is asked for."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, method: str, path: str, *, host: str, key: str, body: Any = None) -> Any:
        """Return the JSON answered; raise Refused for anything but success."""
        headers = {"Host": host, "Authorization": f"Bearer {key}"}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, sent, headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise Refused(f"{method} {path} answered {response.status}: {content[:400]!r}")
        return json.loads(content)


@dataclass
class Client:
    """One closed loop."""

    stack: Stack
    tenants: Sequence[dict[str, Any]]
    watcher: Watcher | None
    number: int

    def __post_init__(self) -> None:
        self.api = Api(self.stack.web_port)
        self.random = random.Random(self.number)  # noqa: S311 - spreads load, guards nothing

    def start(self, tenant: dict[str, Any]) -> str:
        """Start a run; return its id."""
        body = {
            "template": tenant["template"],
            "input": {"reference": f"R-{self.number:04d}", "amount": AMOUNT},
        }
        host, key = self.stack.host(tenant["slug"]), tenant["starter"]
        return str(self.api.call("POST", "/api/v1/runs", host=host, key=key, body=body)["id"])

    def decide(self, tenant: dict[str, Any], run: str) -> None:
        """Find the run's approval and approve it."""
        host, key = self.stack.host(tenant["slug"]), tenant["approver"]
        found = self.api.call("GET", f"/api/v1/approvals?run_id={run}", host=host, key=key)
        path = f"/api/v1/approvals/{found['results'][0]['id']}/decisions"
        self.api.call("POST", path, host=host, key=key, body={"outcome": "approved"})

    def one(self, measured: Measured) -> None:
        """Do the work once and note how long its parts took."""
        if self.watcher is None:
            raise ValueError("nobody watches for the end of the run")
        tenant = self.random.choice(self.tenants)
        began = time.perf_counter()
        run = self.start(tenant)
        started = time.perf_counter()
        ended = self.watcher.expect(tenant["schema"], run)
        self.decide(tenant, run)
        decided = time.perf_counter()
        if not ended.wait(PATIENCE_SECONDS):
            raise Refused(f"run {run} of {tenant['slug']} did not end within {PATIENCE_SECONDS:.0f} s")
        measured.runs.append(time.perf_counter() - began)
        measured.starts.append(started - began)
        measured.decisions.append(decided - started)


def closed_loop(
    stack: Stack,
    tenants: Sequence[dict[str, Any]],
    *,
    clients: int,
    seconds: float = 0,
    runs: int = 0,
    rate: float = 0,
) -> Measured:
    """Run the loops for so many seconds, or until so many runs are done; what began in time is counted to its end.

    With ``rate`` they begin only so many runs a second, all together.
    """
    measured, left, failures = Measured(clients), [runs], list[BaseException]()
    lock = threading.Lock()
    with Watcher(stack.observer_url) as watcher:
        began = time.perf_counter()

        def more() -> bool:
            with lock:
                left[0] -= 1
            timely = time.perf_counter() - began < seconds if seconds else left[0] >= 0
            return timely and not failures

        def loop(number: int) -> None:
            client = Client(stack, tenants, watcher, number)
            try:
                while more():
                    due = time.perf_counter() + (clients / rate if rate else 0)
                    client.one(measured)
                    time.sleep(max(0.0, due - time.perf_counter()))
            except Exception as error:  # noqa: BLE001 - told to the caller, who cannot see into threads
                failures.append(error)

        threads = [threading.Thread(target=loop, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        measured.seconds = time.perf_counter() - began
    measured.looks = watcher.looks
    if failures:
        raise failures[0]
    return measured
