"""How long the inbox takes with ten thousand decisions in it, and how soon a decision is acknowledged beside them."""

import http.client
import json
import time
from typing import Any

from config.bench.load import Client, Refused
from config.bench.stack import Stack, run_module

WAITING = 10_000
FORECAST = 5_000
TIMES = 100
WARM = 10
DECISIONS = 200


def inbox_times(stack: Stack, tenant: dict[str, Any]) -> dict[str, list[float]]:
    """Fill the tenant's inbox, then return seconds by page, as one client sees them over loopback."""
    run_module(
        stack, "config.bench.inbox_crowd", tenant["slug"], str(WAITING), "approver", "approver@bench.example"
    )
    known = json.loads((stack.layout.var_dir / "inbox.json").read_text())
    if known["waiting"] < WAITING - 300:
        raise RuntimeError(f"only {known['waiting']} decisions wait")
    host, session = stack.host(tenant["slug"]), known["session"]
    etag = _etag(_get(stack, host, "/", session)[1])
    same = {"HX-Request": "true", "HX-Target": "inbox-live", "If-None-Match": etag}
    return {
        "inbox": _times(stack, host, "/", session),
        "inbox_by_customer": _times(stack, host, "/?group=customer", session),
        "inbox_search": _times(stack, host, "/?search=Nordwind", session),
        "inbox_unchanged": _times(stack, host, "/", session, same, expected=304),
        "approval": _times(stack, host, f"/approvals/{known['real'][0]}/", session),
        "decision": _decisions(stack, tenant),
    }


def forecast_times(stack: Stack, tenant: dict[str, Any]) -> list[float]:
    """Fill the tenant with 5,000 open requests, then return the seconds that each forecast over all of them took."""
    run_module(stack, "config.bench.outlook", tenant["slug"])
    known = json.loads((stack.layout.var_dir / "outlook.json").read_text())
    if known["checked"] < FORECAST - 300:
        raise RuntimeError(f"only {known['checked']} stages were looked at")
    return list(known["seconds"])


def _decisions(stack: Stack, tenant: dict[str, Any]) -> list[float]:
    """Seconds from sending a decision to its answer; the run has gone on by then."""
    client = Client(stack, [tenant], None, 1)
    host, key = stack.host(tenant["slug"]), tenant["approver"]
    taken = []
    for _ in range(DECISIONS + WARM):
        run = client.start(tenant)
        found = client.api.call("GET", f"/api/v1/approvals?run_id={run}", host=host, key=key)
        path = f"/api/v1/approvals/{found['results'][0]['id']}/decisions"
        began = time.perf_counter()
        client.api.call("POST", path, host=host, key=key, body={"outcome": "approved"})
        taken.append(time.perf_counter() - began)
    return taken[WARM:]


def _times(
    stack: Stack,
    host: str,
    path: str,
    session: str,
    headers: dict[str, str] | None = None,
    *,
    expected: int = 200,
) -> list[float]:
    taken = []
    for _ in range(TIMES + WARM):
        began = time.perf_counter()
        status, content = _get(stack, host, path, session, headers)
        taken.append(time.perf_counter() - began)
        if status != expected:
            raise Refused(f"GET {path} answered {status}: {content[:300]!r}")
    return taken[WARM:]


def _get(
    stack: Stack, host: str, path: str, session: str, headers: dict[str, str] | None = None
) -> tuple[Any, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", stack.web_port, timeout=30)
    connection.request("GET", path, headers={"Host": host, "Cookie": f"session={session}", **(headers or {})})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def _etag(content: bytes) -> str:
    return content.decode().split('data-etag="')[1].split('"')[0].replace("&quot;", '"')
