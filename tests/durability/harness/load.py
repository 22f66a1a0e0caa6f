"""Contracts over the API, whatever happens to it; and what the systems of record say was done."""

import http.client
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg import sql

from config.bench.stack import Stack
from tests.durability.harness.scope import Effect, Rows

OPERATIONS = {"create_project": "psa", "create_customer": "erp", "create_invoice": "erp"}
Tenant = dict[str, str]


@dataclass
class Load:
    """Starts contracts in turn in each tenant, keeping so many unfinished; numbers begin after ``first``.

    A start that is not answered is sent again under its key, unless not ``patient``: then it counts as refused.
    """

    stack: Stack
    tenants: list[Tenant]
    backlog: int
    accepted: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    finished: int = 0
    first: int = 0
    patient: bool = True
    earlier: int = 0
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, clients: int) -> None:
        self.earlier = self.finished = sum(count(self.stack, tenant, FINISHED) for tenant in self.tenants)
        for act in [self._client] * clients + [self._watch]:
            thread = threading.Thread(target=act, daemon=True)
            thread.start()
            self.threads.append(thread)

    def end(self) -> None:
        """Start no more; returns when every start under way has been answered."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _client(self) -> None:
        while not self.stopping.is_set():
            if len(self.accepted) - (self.finished - self.earlier) >= self.backlog:
                time.sleep(0.05)
                continue
            with self._lock:
                self._next += 1
                number = self.first + self._next
            self._start(self.tenants[number % len(self.tenants)], number)

    def _start(self, tenant: Tenant, number: int) -> None:
        contract = f"C-{tenant['slug']}-{number:06d}"
        headers = {
            "Host": self.stack.host(tenant["slug"]),
            "Authorization": f"Bearer {tenant['key']}",
            "Content-Type": "application/json",
            "Idempotency-Key": contract,
        }
        body = json.dumps({"template": tenant["template"], "input": {"contract_id": contract}})
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.stack.web_port, timeout=30)
            with suppress(OSError, http.client.HTTPException, ValueError):
                connection.request("POST", "/api/v1/runs", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 201:
                    self.accepted[json.loads(content)["id"]] = contract
                    return
                if answer.status < 500 and answer.status != 409:
                    self.refused.append(f"{contract}: {answer.status} {content[:200]!r}")
                    return
                if not self.patient:
                    self.refused.append(f"{contract}: {answer.status} {content[:200]!r}")
                    return
            connection.close()
            if not self.patient:
                self.refused.append(f"{contract} got no answer")
                return
            time.sleep(0.2)
        self.refused.append(f"{contract} was not answered within three minutes")

    def _watch(self) -> None:
        while not self.stopping.is_set():
            with suppress(psycopg.Error):
                self.finished = sum(int(count(self.stack, tenant, FINISHED)) for tenant in self.tenants)
            time.sleep(0.5)


FINISHED = "SELECT count(*) FROM workflows_run WHERE status NOT IN ('running', 'rolling_back')"
STEPS = "SELECT count(*) FROM workflows_steprun WHERE ended_at IS NOT NULL"


def ask(stack: Stack, tenant: Tenant, text: str, values: Any = ()) -> Rows:
    """Run a statement in the tenant's schema."""
    with psycopg.connect(stack.observer_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(tenant["schema"])))
        cursor = connection.execute(text, list(values) or None)  # type: ignore[arg-type]
        return cursor.fetchall()


def count(stack: Stack, tenant: Tenant, text: str) -> int:
    return int(ask(stack, tenant, text)[0][0])


def effects_of(stack: Stack, tenant: Tenant, runs: dict[str, str]) -> list[Effect]:
    """Every effect the systems logged for the tenant's contracts (``runs``: contract to run)."""
    found: list[Effect] = []
    with httpx.Client(base_url=stack.systems_url, timeout=60) as systems:
        for operation, system in OPERATIONS.items():
            since = 0
            while True:
                filters = {"system": system, "operation": operation, "kind": "effect"}
                lines = systems.get("/log", params={**filters, "since": str(since), "limit": "5000"}).json()[
                    "results"
                ]
                found += [
                    _effect(operation, line, runs) for line in lines if f"C-{tenant['slug']}-" in line["body"]
                ]
                if len(lines) < 5000:
                    break
                since = lines[-1]["seq"]
    return found


def _effect(operation: str, line: dict[str, Any], runs: dict[str, str]) -> Effect:
    body = json.loads(line["body"])
    contract = str(body.get("contract_id") or body["external_id"])
    return Effect(runs.get(contract, contract), operation, str(line["key"]))


def tenant_id(tenant: Tenant) -> UUID:
    return UUID(tenant["id"])
