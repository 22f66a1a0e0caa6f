"""Two hundred contracts while workers and dispatchers are killed, Redis is flushed and killed, and PostgreSQL is killed.

All finish; each effect stands exactly once in the systems' own log; every history replays to its state.
"""

import http.client
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis
from psycopg import sql

from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent
from config.bench.stack import Stack, run_module, running_services, start_product
from config.local.paths import Layout

CONTRACTS = 200
PATIENCE_SECONDS = 120.0
OPERATIONS = {"create_project": "psa", "create_customer": "erp", "create_invoice": "erp"}


@dataclass
class Steady:
    """The running product and the tenant in it."""

    stack: Stack
    tenant: dict[str, str]
    systems: httpx.Client

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.observer_url, autocommit=True) as connection:
            connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.tenant["schema"])))
            return connection.execute(text, values).fetchall()  # type: ignore[arg-type]

    def effects(self) -> int:
        return int(self.systems.get("/log/keys").json()["effects"])

    def kill(self, name: str) -> None:
        """Kill a process and, as a crash of the machine would, all its children with it."""
        os.killpg(self.stack.supervisor.pid(name), signal.SIGKILL)

    def kill_all(self, *names: str) -> None:
        for name in names:
            self.kill(name)

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.stack.env["REDIS_URL"]) as client:
            client.flushall()


@pytest.fixture
def steady() -> Iterator[Steady]:
    # Not below pytest's own directory: it closes that to everybody else, and PostgreSQL may run as somebody else.
    directory = Path(tempfile.mkdtemp(prefix="steady-"))
    layout = Layout(directory)
    with running_services(layout, environ={}, latency_ms=20, pages=False) as stack:
        run_module(stack, "tests.durability.seed")
        tenant = json.loads((layout.var_dir / "tenants.json").read_text())["steady"]
        start_product(stack, dispatchers=2, web_workers=1)
        with httpx.Client(base_url=stack.systems_url, timeout=20) as systems:
            yield Steady(stack, tenant, systems)
    shutil.rmtree(directory, ignore_errors=True)


def start_contracts(steady: Steady, numbers: range, failures: list[str]) -> None:
    """Start runs over the API; a start that was not answered is sent again under its idempotency key."""
    host = steady.stack.host(steady.tenant["slug"])
    for number in numbers:
        headers = {
            "Host": host,
            "Authorization": f"Bearer {steady.tenant['key']}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"contract-{number}",
        }
        body = {"template": steady.tenant["template"], "input": {"contract_id": f"C-{number:04d}"}}
        for _ in range(40):
            connection = http.client.HTTPConnection("127.0.0.1", steady.stack.web_port, timeout=20)
            with suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/api/v1/runs", json.dumps(body), headers)
                answer = connection.getresponse()
                if answer.status == 201:
                    break
            connection.close()
            time.sleep(0.25)
        else:
            failures.append(f"contract {number} could not be started")


def wait_until(what: str, holds: Any, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            if holds():
                return
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


@pytest.mark.durability
def test_kills_lose_nothing_and_double_nothing(steady: Steady) -> None:
    steady.systems.post(
        "/switch",
        json={"system": "psa", "operation": "create_project", "plan": [{"status": 503, "times": 5}]},
    )
    # Effects that happen although the answer is lost: only the idempotency key tells them apart.
    steady.systems.post(
        "/switch", json={"system": "erp", "operation": "create_customer", "plan": [{"cut": True, "times": 5}]}
    )
    failures: list[str] = []
    quarters = [range(first, CONTRACTS, 4) for first in range(4)]
    starters = [
        threading.Thread(target=start_contracts, args=(steady, numbers, failures)) for numbers in quarters
    ]
    for thread in starters:
        thread.start()
    disturb(steady)
    for thread in starters:
        thread.join()
    assert failures == []
    finish(steady)
    check_effects(steady)
    check_histories(steady)
    check_ledger(steady)


# What is to be done in the night is not left over.
_DUE = (
    'SELECT 1 FROM "public".dispatch_workitem '
    "WHERE state <> 'ready' OR run_at < clock_timestamp() + interval '15 minutes'"
)


def finish(steady: Steady) -> None:
    """Wait until nothing is left to do; otherwise fail, saying what hangs where."""
    try:
        wait_until("all contracts are finished", lambda: unfinished(steady) == 0)
        wait_until("no work is left", lambda: steady.query(_DUE) == [])
    except AssertionError as error:
        runs = steady.query("SELECT status, count(*) FROM workflows_run GROUP BY status")
        steps = steady.query(
            "SELECT step, status, count(*) FROM workflows_steprun GROUP BY 1, 2 ORDER BY 1, 2"
        )
        work = steady.query(
            "SELECT kind, lane, state, attempt, left(error, 120), count(*), min(run_at - now()), min(lease_until - now()) "
            'FROM "public".dispatch_workitem GROUP BY 1, 2, 3, 4, 5 ORDER BY 1'
        )
        lanes = steady.query('SELECT lane, next_due - now(), touched_at - now() FROM "public".dispatch_lane')
        cases = steady.query(
            "SELECT code, left(message, 200), count(*) FROM workflows_exceptioncase GROUP BY 1, 2"
        )
        told = "\n".join(str(row) for rows in (runs, steps, work, lanes, cases) for row in rows)
        raise AssertionError(f"{error}\n{told}") from None


def disturb(steady: Steady) -> None:
    """Kill and flush while contracts are under way, each time after some more have made progress."""

    def both_dispatchers() -> None:
        steady.kill("dispatcher1")
        steady.kill("dispatcher2")

    blows = [
        lambda: steady.kill("worker1"),
        steady.flush_redis,
        lambda: steady.kill("dispatcher1"),
        lambda: steady.kill("worker1"),
        both_dispatchers,
        steady.flush_redis,
        lambda: steady.kill("redis"),
        lambda: steady.kill("postgres"),
    ]
    everything = CONTRACTS * len(OPERATIONS)
    for number, blow in enumerate(blows, 1):
        wanted = min(everything // 2, number * everything // (3 * len(blows)))
        wait_until(f"{wanted} effects", lambda wanted=wanted: steady.effects() >= wanted)
        time.sleep(random.random() / 4)
        assert unfinished(steady) != 0 or number < 3, "the blow comes too late to prove anything"
        blow()
    for name, times in {"worker1": 2, "dispatcher1": 2, "dispatcher2": 1, "redis": 1, "postgres": 1}.items():
        wait_until(f"{name} is restarted", lambda n=name, t=times: steady.stack.supervisor.restarts(n) >= t)


def unfinished(steady: Steady) -> int:
    started, ended = steady.query(
        "SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM workflows_run"
    )[0]
    return CONTRACTS - int(ended) if started == CONTRACTS else CONTRACTS


def check_effects(steady: Steady) -> None:
    """Each contract has each effect once, in the words of those who were called."""
    for operation, system in OPERATIONS.items():
        filters = {"system": system, "operation": operation}
        counted = steady.systems.get("/log/keys", params=filters).json()
        assert counted == {
            "effects": CONTRACTS,
            "distinct_keys": CONTRACTS,
            "without_key": 0,
            "duplicates": {},
        }, operation
        lines = steady.systems.get("/log", params={**filters, "kind": "effect", "limit": "1000"}).json()
        contracts = {contract_of(json.loads(line["body"])) for line in lines["results"]}
        assert contracts == {f"C-{number:04d}" for number in range(CONTRACTS)}, operation


def contract_of(body: dict[str, Any]) -> str:
    return str(body.get("contract_id") or body["external_id"])


def check_histories(steady: Steady) -> None:
    """Every history is gapless and replays to the stored state."""
    runs = steady.query("SELECT id, status, outcome, state, start, history_length FROM workflows_run")
    assert len(runs) == CONTRACTS
    facts: dict[Any, list[tuple[Any, ...]]] = {}
    for run, *fact in steady.query(
        "SELECT run_id, seq, kind, visit, at, data FROM workflows_historyentry ORDER BY run_id, seq"
    ):
        facts.setdefault(run, []).append(tuple(fact))
    for run, status, outcome, state, start, length in runs:
        assert (status, outcome) == ("completed", "completed")
        assert [fact[0] for fact in facts[run]] == list(range(1, length + 1))
        replayed = replay([HistoryEvent(*fact[1:]) for fact in facts[run]])
        assert replayed.to_json() == {**state, "start": start}


def check_ledger(steady: Steady) -> None:
    """One start and one end in the audit for each run; every message delivered; no exception, nothing parked."""
    for action in ("run.start", "run.complete"):
        rows = steady.query(
            "SELECT count(*), count(DISTINCT subject_id) FROM ledger_auditentry WHERE action = %s", action
        )
        assert rows == [(CONTRACTS, CONTRACTS)], action
    assert steady.query("SELECT count(*) FROM ledger_outboxmessage WHERE delivered_at IS NULL") == [(0,)]
    assert steady.query("SELECT count(*) FROM ledger_subscriberretry") == [(0,)]
    assert steady.query("SELECT count(*) FROM workflows_exceptioncase") == [(0,)]
