"""The same faults for a plain Celery task with ``acks_late``, the usual advice: what it loses and does twice.

Only kills of the worker are dealt; a flush of Redis would simply lose everything that waits there.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from celery import Celery

from config.bench.stack import Stack
from config.local.paths import BASE_DIR
from config.local.process import ProcessSpec

VISIBILITY_SECONDS = 8
STALL_SECONDS = 120.0

app = Celery("plain", broker=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
app.conf.update(
    broker_transport_options={"visibility_timeout": VISIBILITY_SECONDS, "global_keyprefix": "plain:"},
    task_default_queue="plain",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)


@app.task(name="plain.effect")  # type: ignore[untyped-decorator]
def effect(number: int) -> None:
    """Work a little, then do something that cannot be undone: write a line."""
    time.sleep(0.01)
    descriptor = os.open(os.environ["PLAIN_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{number}\n".encode())
    os.close(descriptor)
    time.sleep(0.01)


@dataclass
class Plain:
    """What became of the tasks."""

    tasks: int
    kills: int
    lost: int
    doubled: int


def run_plain(stack: Stack, *, tasks: int, kills: int, seed: int) -> Plain:
    """Have so many tasks done while the worker is killed so often."""
    log = stack.layout.var_dir / "plain.log"
    log.touch()
    with app.connection_for_write(stack.env["REDIS_URL"]) as connection:
        for number in range(tasks):
            app.send_task("plain.effect", (number,), connection=connection)
    stack.supervisor.start(_worker(stack, log))
    dice, dealt = random.Random(seed), 0
    while dealt < kills and _done(log) < tasks:
        before = _done(log)
        ends = time.monotonic() + 30
        while _done(log) < min(tasks, before + max(1, tasks // (kills + 2))) and time.monotonic() < ends:
            time.sleep(dice.uniform(0.02, 0.06))
        with suppress(ProcessLookupError):
            os.killpg(stack.supervisor.pid("plain"), signal.SIGKILL)
            dealt += 1
    _come_to_rest(stack, log)
    stack.supervisor.stop_one("plain")
    counted = Counter(log.read_text().split())
    return Plain(tasks, dealt, tasks - len(counted), sum(counted.values()) - len(counted))


def _worker(stack: Stack, log: Path) -> ProcessSpec:
    module = "tests.durability.harness.plain_celery:app"
    argv = (
        sys.executable,
        "-m",
        "celery",
        "--app",
        module,
        "worker",
        "--concurrency",
        "4",
        "--loglevel",
        "ERROR",
    )
    env = {**stack.env, "PLAIN_LOG": str(log)}
    return ProcessSpec(
        name="plain", argv=(*argv, "--queues", "plain", "--without-mingle"), env=env, cwd=BASE_DIR
    )


def _done(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def _come_to_rest(stack: Stack, log: Path) -> None:
    """Wait until the broker holds nothing more and a lost message would have been delivered again, or nothing moves."""
    last, since = _done(log), time.monotonic()
    with redis.Redis.from_url(stack.env["REDIS_URL"]) as client:
        while True:
            held = int(client.llen("plain:plain")) + int(client.hlen("plain:unacked"))
            idle = time.monotonic() - since
            if idle > STALL_SECONDS or (held == 0 and idle > 2 * VISIBILITY_SECONDS):
                return
            time.sleep(0.5)
            if _done(log) != last:
                last, since = _done(log), time.monotonic()
