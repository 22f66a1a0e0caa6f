"""``python -m config.bench``: print a table and write ``bench.json`` (``make bench``).

BENCH_PARTS (runs,pages,inbox,core,work), BENCH_SECONDS (15) a round, BENCH_CLIENTS (1,8,32), BENCH_TENANTS (0): so many
tenants for a second part, which shows whether many are slower than five.
"""

import json
import os
import shutil
import sys
from typing import Any

from config.bench import report
from config.bench.core import core_figures
from config.bench.inbox import forecast_times, inbox_times
from config.bench.load import Client, closed_loop
from config.bench.meters import logged_statements, memory_of, metered, ready_to_start
from config.bench.pages import page_times
from config.bench.stack import Stack, run_module, running_services, second_worker, start_product
from config.bench.yardstick import commit_rates
from config.local import services
from config.local.paths import Layout, var_dir

TENANTS = 5
WARM_RUNS = 60
COUNTED_RUNS = 100
TOP_STATEMENTS = 60
SMALL = 95


def main() -> int:
    """Measure; return the exit code."""
    seconds = int(os.environ.get("BENCH_SECONDS") or 15)
    rounds = tuple(int(count) for count in (os.environ.get("BENCH_CLIENTS") or "1,8,32").split(","))
    many = int(os.environ.get("BENCH_TENANTS") or 0)
    parts = (os.environ.get("BENCH_PARTS") or "runs,pages,inbox,core,work").split(",")
    layout = Layout(var_dir("bench"))
    # Measured on a new database each time, or yesterday's rows would slow down today's.
    services.forget(layout.var_dir)
    with running_services(layout) as stack:
        _say("yardstick: single-row commits")
        yardstick = commit_rates(stack, clients=rounds, seconds=5)
        figures = {f"yardstick_commits_per_second_{count}": rate for count, rate in yardstick.items()}
        tenants = _tenants(stack, TENANTS + 1)
        start_product(stack)
        if "runs" in parts:
            figures |= _rounds(stack, tenants[:TENANTS], rounds, seconds)
            figures |= _statements(stack, tenants[:TENANTS])
            figures |= _two_workers(stack, tenants[:TENANTS], seconds)
            figures |= _half_load(stack, tenants[:TENANTS], figures, seconds)
        if "pages" in parts:
            _say(f"pages with 10,000 runs in {tenants[TENANTS]['slug']}")
            figures |= report.figures_of_pages(page_times(stack, tenants[TENANTS]))
        if "inbox" in parts:
            _say(f"an inbox with 10,000 decisions in {tenants[TENANTS]['slug']}")
            figures |= report.figures_of_pages(inbox_times(stack, tenants[TENANTS]), of="full")
            _say(f"a forecast over 5,000 requests in {tenants[0]['slug']}")
            figures["forecast_5000_seconds"] = max(forecast_times(stack, tenants[0]))
        if "core" in parts:
            _say("the core alone: decisions, test cases")
            figures |= core_figures()
        if "work" in parts:
            figures |= _much_work(stack)
        if many:
            figures |= _many(stack, many, rounds, seconds)
        report.write(layout.var_dir.parent / "bench.json", figures)
        _say(report.table(figures, yardstick))
    shutil.rmtree(layout.postgres_dir, ignore_errors=True)
    return 0


def _tenants(stack: Stack, count: int) -> list[dict[str, Any]]:
    _say(f"{count} tenants")
    run_module(stack, "config.bench.seed", str(count))
    known: list[dict[str, Any]] = json.loads((stack.layout.var_dir / "bench-tenants.json").read_text())
    return known


def _rounds(
    stack: Stack, tenants: list[dict[str, Any]], rounds: tuple[int, ...], seconds: int
) -> dict[str, float]:
    closed_loop(stack, tenants, clients=4, runs=WARM_RUNS)
    figures: dict[str, float] = {}
    for clients in rounds:
        _say(f"{clients} clients for {seconds} s over {len(tenants)} tenants")
        with metered(stack) as cost:
            measured = closed_loop(stack, tenants, clients=clients, seconds=seconds)
        cost.transactions -= measured.looks
        figures |= report.figures_of_round(measured, cost)
    return figures


def _statements(stack: Stack, tenants: list[dict[str, Any]]) -> dict[str, float]:
    if not stack.embedded:
        return {}
    with logged_statements(stack) as found:
        closed_loop(stack, tenants, clients=4, runs=COUNTED_RUNS)
    frame = sum(count for text, count in found.items() if text.split(" ")[0] in {"BEGIN", "COMMIT"})
    lines = (
        f"{count / COUNTED_RUNS:8.2f}  {text[:400]}" for text, count in found.most_common(TOP_STATEMENTS)
    )
    (stack.layout.var_dir / "statements.txt").write_text("\n".join(lines) + "\n")
    return {
        "statements_per_run": (found.total() - frame) / COUNTED_RUNS,
        "begin_and_commit_per_run": frame / COUNTED_RUNS,
    }


def _two_workers(stack: Stack, tenants: list[dict[str, Any]], seconds: int) -> dict[str, float]:
    _say(f"8 clients and 2 workers for {seconds} s")
    with second_worker(stack):
        measured = closed_loop(stack, tenants, clients=8, seconds=seconds)
    return {"steps_per_second_8_two_workers": measured.per_second * report.STEPS}


def _half_load(
    stack: Stack, tenants: list[dict[str, Any]], figures: dict[str, float], seconds: int
) -> dict[str, float]:
    """Return how long what is ready waits for its worker while half of what was possible is asked for."""
    rate = max(value for name, value in figures.items() if name.startswith("runs_per_second")) / 2
    _say(f"half of that: {rate:.0f} runs/s for {seconds} s")
    with ready_to_start(stack, tenants) as waited:
        closed_loop(stack, tenants, clients=8, seconds=seconds, rate=rate)
    return {f"ready_to_start_p{share}_ms": report.percentile(waited, share) * 1000 for share in (50, 95)}


def _much_work(stack: Stack) -> dict[str, float]:
    tenants = _tenants(stack, TENANTS + 1 + SMALL)
    closed_loop(stack, tenants[:1], clients=1, runs=2)
    starter = Client(stack, tenants[:1], None, 0)
    for _ in range(100):
        starter.start(tenants[0])
    figures: dict[str, float] = {}
    for part in ("migration", "timers", "flood"):
        _say(f"much work: {part}")
        run_module(stack, "config.bench.work", part)
        figures |= json.loads((stack.layout.var_dir / "bench-work.json").read_text())
    return figures | {"worker_memory_mb": memory_of(stack, "worker1")}


def _many(stack: Stack, count: int, rounds: tuple[int, ...], seconds: int) -> dict[str, float]:
    tenants = _tenants(stack, count)
    provisioned = [tenant["provisioned_in"] for tenant in tenants[TENANTS + 1 :]]
    figures = {f"provision_p{share}_ms": report.percentile(provisioned, share) * 1000 for share in (50, 95)}
    measured = _rounds(stack, tenants, rounds, seconds)
    return figures | {f"{name}_of_{count}_tenants": value for name, value in measured.items()}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
