"""How long pages take in a tenant with ten thousand runs."""

import http.client
import json
import time
from typing import Any

from config.bench.load import Client, Refused, closed_loop
from config.bench.stack import Stack, run_module

RUNS = 10_000
TIMES = 60
WAITING = 20


def page_times(stack: Stack, tenant: dict[str, Any]) -> dict[str, list[float]]:
    """Fill the tenant, then return seconds by page, as one client sees them over loopback."""
    closed_loop(stack, [tenant], clients=8, runs=100)
    starter = Client(stack, [tenant], None, 0)
    for _ in range(WAITING):
        starter.start(tenant)
    run_module(stack, "config.bench.crowd", tenant["slug"], str(RUNS))
    known = json.loads((stack.layout.var_dir / "bench-pages.json").read_text())
    if known["runs"] < RUNS - 300:
        raise RuntimeError(f"the tenant holds only {known['runs']} runs")
    host = stack.host(tenant["slug"])
    return {
        "inbox": _times(stack, host, "/", known["approver"]),
        "runs": _times(stack, host, "/runs/", known["approver"]),
        "status": _times(stack, host, f"/status/projects/{known['project']}/", known["customer"]),
    }


def _times(stack: Stack, host: str, path: str, session: str) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", stack.web_port, timeout=30)
    taken = []
    for _ in range(TIMES + 10):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Host": host, "Cookie": f"session={session}"})
        response = connection.getresponse()
        content = response.read()
        taken.append(time.perf_counter() - began)
        if response.status != 200:
            raise Refused(f"GET {path} answered {response.status}: {content[:300]!r}")
    return taken[10:]
