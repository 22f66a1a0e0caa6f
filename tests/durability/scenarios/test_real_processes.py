"""Faults 6, 8, 10, 11 and 29 dealt to real processes: Redis, PostgreSQL, workers and the web, each on its own."""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from config import processes
from config.bench.stack import Stack, run_module, running_services, start_product
from config.local.paths import Layout
from tests.durability.harness.catalogue import scenario
from tests.durability.harness.load import Load, Tenant, ask
from tests.durability.harness.process import SLUGS, Tally, come_to_rest, judge

pytestmark = [pytest.mark.durability, pytest.mark.timeout(600)]


@dataclass
class Product:
    """The running product with two tenants."""

    stack: Stack
    tenants: list[Tenant]

    def loaded(self, number: int) -> Load:
        load = Load(self.stack, self.tenants, backlog=60, first=number * 100_000)
        load.begin(clients=3)
        return load


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    directory = Path(tempfile.mkdtemp(prefix="faults-"))
    with running_services(Layout(directory), environ={}, latency_ms=5, pages=False) as stack:
        run_module(stack, "tests.durability.seed", *SLUGS)
        known = json.loads((directory / "tenants.json").read_text())
        start_product(stack, dispatchers=2, web_workers=2)
        stack.supervisor.start(processes.worker(stack.env, number=2))
        yield Product(stack, [known[slug] for slug in SLUGS])
    shutil.rmtree(directory, ignore_errors=True)


def finish(product: Product, load: Load, seed: int) -> Tally:
    load.end()
    tally = Tally(seed)
    come_to_rest(product.stack, product.tenants, load.accepted, tally)
    judge(product.stack, product.tenants, load.accepted, load.refused, tally)
    assert tally.broken == []
    assert (tally.lost, tally.doubled) == (0, 0)
    assert tally.runs > 0
    return tally


def progress(product: Product) -> int:
    with suppress(psycopg.Error):
        return sum(
            int(
                ask(product.stack, tenant, "SELECT coalesce(sum(history_length), 0) FROM workflows_run")[0][0]
            )
            for tenant in product.tenants
        )
    return -1


def wait_for_progress(product: Product, seconds: float) -> float:
    """Wait until runs move on; return how long that took. Fails after ``seconds``."""
    began, before = time.monotonic(), progress(product)
    while time.monotonic() - began < seconds:
        now = progress(product)
        if 0 <= before < now:
            return time.monotonic() - began
        before = before if before >= 0 else now
        time.sleep(0.2)
    raise AssertionError(f"nothing moved for {seconds:.0f} s")


@scenario(8, seeds=2, short=0)
def test_redis_is_stopped_with_half_open_sockets(product: Product, seed: int) -> None:
    load = product.loaded(800 + seed)
    wait_for_progress(product, 30)
    group = product.stack.supervisor.pid("redis")
    os.killpg(group, signal.SIGSTOP)
    try:
        time.sleep(12)
    finally:
        os.killpg(group, signal.SIGCONT)
    assert wait_for_progress(product, 60) < 60
    time.sleep(3)
    finish(product, load, seed)


@scenario(6, seeds=2, short=0)
def test_redis_is_flushed_and_restarted(product: Product, seed: int) -> None:
    load = product.loaded(600 + seed)
    for _ in range(5):
        wait_for_progress(product, 30)
        with redis.Redis.from_url(product.stack.env["REDIS_URL"]) as client:
            client.flushall()
        time.sleep(1)
    os.killpg(product.stack.supervisor.pid("redis"), signal.SIGKILL)
    assert wait_for_progress(product, 60) < 60
    finish(product, load, seed)


@scenario(10, seeds=2, short=0)
def test_postgresql_is_stopped_at_once_ten_times(product: Product, seed: int) -> None:
    load = product.loaded(1000 + seed)
    for _ in range(10):
        wait_for_progress(product, 60)
        os.kill(product.stack.supervisor.pid("postgres"), signal.SIGQUIT)
        time.sleep(2)
    assert wait_for_progress(product, 60) < 60
    finish(product, load, seed)


@scenario(11, seeds=2, short=0)
def test_a_hundred_backends_are_terminated(product: Product, seed: int) -> None:
    load = product.loaded(1100 + seed)
    text = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
    )
    for _ in range(100):
        with suppress(psycopg.Error):
            ask(product.stack, product.tenants[0], text)
        time.sleep(0.05)
    finish(product, load, seed)


@scenario(29, seeds=2, short=0)
def test_a_rolling_restart_under_load(product: Product, seed: int) -> None:
    """Workers, dispatchers and web are replaced one after the other; no request fails, nothing is done twice."""
    load = product.loaded(2900 + seed)
    load.patient = False
    wait_for_progress(product, 30)
    for name in ("worker1", "worker2", "dispatcher1", "dispatcher2"):
        before = product.stack.supervisor.restarts(name)
        os.kill(product.stack.supervisor.pid(name), signal.SIGTERM)
        ends = time.monotonic() + 60
        while product.stack.supervisor.restarts(name) == before and time.monotonic() < ends:
            time.sleep(0.1)
        assert product.stack.supervisor.restarts(name) == before + 1
        time.sleep(2)
    # The web server replaces its workers one by one and keeps listening.
    os.kill(product.stack.supervisor.pid("web"), signal.SIGHUP)
    time.sleep(32)
    finish(product, load, seed)
