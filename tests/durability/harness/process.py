"""Process chaos: real workers, dispatchers, web, Redis and PostgreSQL, killed, stopped and flushed under load."""

import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import redis

from config import processes
from config.bench.stack import Stack, run_module, running_services, start_product
from config.local.paths import Layout
from tests.durability.harness.invariants import violations
from tests.durability.harness.load import OPERATIONS, STEPS, Load, Tenant, ask, count, effects_of, tenant_id
from tests.durability.harness.plain_celery import Plain, run_plain
from tests.durability.harness.scope import Scope

SLUGS = ("steady", "level")
KILLED = ("worker1", "worker2", "dispatcher1", "dispatcher2", "web", "redis")
WEIGHTS = (32, 32, 14, 14, 4, 4)
PAUSE_SECONDS = 2.0
BACKLOG = 240
REST_SECONDS = 240.0
ALL = "SELECT count(*) FROM workflows_run"
OPEN = "SELECT count(*) FROM workflows_run WHERE finished_at IS NULL"


@dataclass
class Tally:
    """What was done to the product, and what became of the work."""

    seed: int
    steps: int = 0
    runs: int = 0
    kills: int = 0
    crashes: int = 0
    flushes: int = 0
    stops: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    rest_seconds: float = 0.0
    broken: list[str] = field(default_factory=list)
    plain: Plain | None = None

    @property
    def line(self) -> str:
        """The last line of ``make chaos``; other programs read it."""
        return (
            f"chaos: {self.steps} steps, {self.kills} kills, {self.crashes} crashes, {self.flushes} flushes, "
            f"{self.lost} lost, {self.doubled} doubled"
        )


def run_chaos(seconds: float, seed: int, say: Callable[[str], None]) -> Tally:
    """Load and disturb the product for so many seconds, let it come to rest, and judge."""
    directory = Path(tempfile.mkdtemp(prefix="chaos-"))
    tally = Tally(seed)
    # Items of dead workers count as under way until their leases run out; with so many dying there must be room beside them.
    settings = {"DISPATCH_OUTSTANDING": "256"}
    with running_services(
        Layout(directory), settings=settings, environ={}, latency_ms=5, pages=False
    ) as stack:
        run_module(stack, "tests.durability.seed", *SLUGS)
        tenants = [load_tenant(directory, slug) for slug in SLUGS]
        start_product(stack, dispatchers=2, web_workers=1)
        stack.supervisor.start(processes.worker(stack.env, number=2))
        say(f"product up; disturbing it for {seconds:.0f} s, seed {seed}")
        load = Load(stack, tenants, BACKLOG)
        began = time.monotonic()
        load.begin(clients=8)
        _disturb(stack, tally, seconds, random.Random(seed))
        tally.seconds = time.monotonic() - began
        load.end()
        say(f"{len(load.accepted)} contracts accepted; coming to rest")
        come_to_rest(stack, tenants, load.accepted, tally)
        judge(stack, tenants, load.accepted, load.refused, tally)
        for name in ("web", "worker1", "worker2", "dispatcher1", "dispatcher2"):
            stack.supervisor.stop_one(name)
        say("the same for plain Celery")
        quick = seconds < 600
        tally.plain = run_plain(stack, tasks=800 if quick else 8000, kills=8 if quick else 80, seed=seed)
    shutil.rmtree(directory, ignore_errors=True)
    return tally


def load_tenant(directory: Path, slug: str) -> Tenant:
    tenants: dict[str, Tenant] = json.loads((directory / "tenants.json").read_text())
    return tenants[slug]


def _disturb(stack: Stack, tally: Tally, seconds: float, dice: random.Random) -> None:
    """Blows at even distances; of seventeen one is a crash of PostgreSQL, one a flush, one a stop, the rest are kills."""
    pause = max(PAUSE_SECONDS, seconds / 365)
    ends = time.monotonic() + seconds
    time.sleep(min(3.0, seconds / 10))
    round_of: list[str] = []
    stopped: dict[int, float] = {}
    while time.monotonic() < ends:
        if not round_of:
            round_of = ["crash", "flush", "stop", *["kill"] * 14]
            dice.shuffle(round_of)
        _blow(stack, tally, round_of.pop(), dice, stopped)
        _continue(stopped)
        time.sleep(pause * dice.uniform(0.5, 1.5))
    _continue(stopped, all_of_them=True)


def _blow(stack: Stack, tally: Tally, sort: str, dice: random.Random, stopped: dict[int, float]) -> None:
    with suppress(ProcessLookupError, redis.RedisError):
        if sort == "crash":
            # What `pg_ctl stop -m immediate` sends: no checkpoint, no goodbye.
            os.kill(stack.supervisor.pid("postgres"), signal.SIGQUIT)
            tally.crashes += 1
        elif sort == "flush":
            with redis.Redis.from_url(stack.env["REDIS_URL"], socket_timeout=3) as client:
                client.flushall()
            tally.flushes += 1
        elif sort == "stop":
            group = stack.supervisor.pid(dice.choice(("worker1", "worker2", "redis")))
            os.killpg(group, signal.SIGSTOP)
            # Longer than an action's lease at times: then it wakes up as a zombie.
            stopped[group] = time.monotonic() + dice.choice((2.0, 8.0, 25.0))
            tally.stops += 1
        else:
            os.killpg(stack.supervisor.pid(dice.choices(KILLED, WEIGHTS)[0]), signal.SIGKILL)
            tally.kills += 1


def _continue(stopped: dict[int, float], *, all_of_them: bool = False) -> None:
    for group, until in list(stopped.items()):
        if all_of_them or time.monotonic() >= until:
            del stopped[group]
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)


def come_to_rest(stack: Stack, tenants: list[Tenant], accepted: Mapping[str, str], tally: Tally) -> None:
    """Wait until every accepted run has ended and nothing is left to do, at most REST_SECONDS."""
    began = time.monotonic()
    while time.monotonic() - began < REST_SECONDS:
        with suppress(psycopg.Error):
            left = ask(
                stack,
                tenants[0],
                # What is to be done in the night is no unfinished work.
                'SELECT count(*) FROM "public".dispatch_workitem '
                "WHERE state = 'leased' OR (state = 'ready' AND run_at < clock_timestamp() + interval '15 minutes')",
            )
            open_runs = sum(count(stack, tenant, OPEN) for tenant in tenants)
            there = sum(count(stack, tenant, ALL) for tenant in tenants)
            if open_runs == 0 and there >= len(accepted) and left[0][0] == 0:
                break
        time.sleep(0.5)
    tally.rest_seconds = time.monotonic() - began


def judge(
    stack: Stack, tenants: list[Tenant], accepted: Mapping[str, str], refused: list[str], tally: Tally
) -> None:
    """Hold the accepted runs (run to contract) against the systems' own log and every invariant."""
    tally.broken += refused
    tally.lost += len(refused)
    try:
        processes.manage(stack.env, "verify_audit")
    except RuntimeError as error:
        tally.broken.append(f"audit chain: {error}")
    for tenant in tenants:
        contracts = {contract: run for run, contract in accepted.items() if f"-{tenant['slug']}-" in contract}
        effects = effects_of(stack, tenant, contracts)
        scope = Scope(
            ask=lambda text, values, tenant=tenant: ask(stack, tenant, text, values),  # type: ignore[misc]
            tenant=tenant_id(tenant),
            since=datetime(2000, 1, 1, tzinfo=UTC),
            since_id=UUID(int=0),
            accepted=set(contracts.values()),
            effects=effects,
            canaries=[f"C-{other['slug']}-" for other in tenants if other is not tenant],
        )
        tally.broken += [f"{tenant['slug']}: {line}" for line in violations(scope)]
        tally.steps += count(stack, tenant, STEPS)
        tally.runs += len(contracts)
        _count(tally, contracts, [(effect.run, effect.step) for effect in effects])
        _unfinished(stack, tenant, tally)


def _count(tally: Tally, contracts: dict[str, str], done: list[tuple[str, str]]) -> None:
    """Each contract has each effect once, in the words of those who were called."""
    once = set(done)
    tally.doubled += len(done) - len(once)
    tally.lost += sum((run, operation) not in once for run in contracts.values() for operation in OPERATIONS)


def _unfinished(stack: Stack, tenant: Tenant, tally: Tally) -> None:
    rows = ask(stack, tenant, "SELECT status, outcome, count(*) FROM workflows_run GROUP BY 1, 2")
    left = [row for row in rows if row[:2] != ("completed", "completed")]
    tally.broken += [
        f"{tenant['slug']}: {number} runs are {status} ({outcome})" for status, outcome, number in left
    ]
    cases = ask(
        stack, tenant, "SELECT code, left(message, 160), count(*) FROM workflows_exceptioncase GROUP BY 1, 2"
    )
    tally.broken += [
        f"{tenant['slug']}: {number} exceptions {code}: {message}" for code, message, number in cases
    ]
