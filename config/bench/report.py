"""From measurements to names, numbers and a table."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.bench.load import Measured
from config.bench.meters import Cost

STEPS = 8
"""Steps of the measured work."""
AIMS = {
    "runs_per_second_8": (60.0, "at least"),
    "steps_per_second_8": (500.0, "at least"),
    "template_cases_1000_seconds": (5.0, "at most"),
    "timers_late_p99_ms": (2000.0, "at most"),
    "flood_small_start_p95_ms": (2000.0, "at most"),
    "start_p95_ms_1": (25.0, "at most"),
    "commits_per_run_8": (6.0, "at most"),
    "statements_per_run": (60.0, "at most"),
    "page_inbox_p95_ms": (60.0, "at most"),
    "page_status_p95_ms": (60.0, "at most"),
    "full_inbox_p95_ms": (60.0, "at most"),
    "full_decision_p95_ms": (40.0, "at most"),
    "forecast_5000_seconds": (10.0, "at most"),
}


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value below which ``share`` percent of the values lie."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def figures_of_round(measured: Measured, cost: Cost) -> dict[str, float]:
    """Return the round's figures, each named with its number of clients."""
    count, runs = measured.clients, len(measured.runs)
    figures = {
        f"runs_per_second_{count}": measured.per_second,
        f"steps_per_second_{count}": measured.per_second * STEPS,
        **{f"run_p{share}_ms_{count}": percentile(measured.runs, share) * 1000 for share in (50, 95, 99)},
        **{f"start_p{share}_ms_{count}": percentile(measured.starts, share) * 1000 for share in (50, 95, 99)},
        f"decision_p50_ms_{count}": percentile(measured.decisions, 50) * 1000,
        f"cpu_ms_per_run_{count}": cost.cpu_seconds / runs * 1000,
        **{f"cpu_ms_{name.rstrip('1')}_{count}": used / runs * 1000 for name, used in cost.cpu.items()},
        f"transactions_per_run_{count}": cost.transactions / runs,
        f"bytes_per_run_{count}": cost.size / runs,
    }
    if cost.commits is not None:
        figures[f"commits_per_run_{count}"] = cost.commits / runs
    return figures


def figures_of_pages(times: Mapping[str, Sequence[float]], *, of: str = "page") -> dict[str, float]:
    return {
        f"{of}_{name}_p{share}_ms": percentile(taken, share) * 1000
        for name, taken in times.items()
        for share in (50, 95)
    }


def write(path: Path, figures: Mapping[str, float]) -> None:
    """Write name to value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=2) + "\n")


def table(figures: Mapping[str, float], yardstick: Mapping[int, float]) -> str:
    """Return the figures for people, a line each, with what was aimed at and what the machine can do."""
    beside = ", ".join(f"{rate:,.0f} at {clients}" for clients, rate in yardstick.items())
    lines = [
        f"single-row commits a second on this machine: {beside or 'not measured (PostgreSQL is not ours)'}"
    ]
    for name, value in figures.items():
        aim = ""
        if name in AIMS:
            limit, word = AIMS[name]
            met = value >= limit if word == "at least" else value <= limit
            aim = f"   aim: {word} {limit:g} {'(met)' if met else '(NOT met)'}"
        lines.append(f"  {name:<34}{value:>14,.2f}{aim}")
    return "\n".join(lines)
