"""``python -m tests.durability.harness``: all scenarios, the process run, the comparison, a table (``make chaos``).

CHAOS_SECONDS bounds the process run (default 1200: some 300 kills); below 600 the scenarios are the short selection unless
CHAOS_SEEDS (default 25) is given too. CHAOS_SEED is the seed of the process run. The exit code is 1 if anything was lost or
doubled or an invariant did not hold.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from config.local.paths import BASE_DIR
from tests.durability.harness.catalogue import NAMES
from tests.durability.harness.process import Tally, run_chaos

ALL_SECONDS = 1200
SHORT_BELOW = 600
_BEGAN = time.monotonic()


def main() -> int:
    """Run everything; return the exit code."""
    seconds = int(os.environ.get("CHAOS_SECONDS") or ALL_SECONDS)
    seeds = os.environ.get("CHAOS_SEEDS") or ("0" if seconds < SHORT_BELOW else "25")
    results, scenarios_hold = _scenarios(seeds)
    say("scenarios done")
    tally = run_chaos(seconds, int(os.environ.get("CHAOS_SEED") or 1), say)
    table(results)
    report(tally)
    print(tally.line, flush=True)
    held = scenarios_hold and not (tally.lost or tally.doubled or tally.broken)
    return 0 if held else 1


def say(text: str) -> None:
    print(f"  {time.monotonic() - _BEGAN:6.0f} s  {text}", file=sys.stderr, flush=True)


def _scenarios(seeds: str) -> tuple[list[dict[str, object]], bool]:
    """Run the scenarios with so many seeds; return what became of each test, and whether all passed."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "results.jsonl"
        path.touch()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "tests/durability/scenarios",
            "-q",
            "--no-header",
            "--durations=0",
        ]
        command += ["--show-capture=no", "-p", "no:randomly", "-p", "no:cacheprovider", "--durations-min=60"]
        done = subprocess.run(
            command,
            cwd=BASE_DIR,
            env={**os.environ, "CHAOS_SEEDS": seeds, "CHAOS_RESULTS": str(path)},
            check=False,
        )
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    return lines, done.returncode == 0


def table(results: list[dict[str, object]]) -> None:
    """Print one line for each fault: how many tests, how many held, how long they took."""
    print(f"\n{'fault':>7}  {'tests':>5}  {'held':>5}  {'seconds':>8}  what")
    for number, name in NAMES.items():
        lines = [line for line in results if line["fault"] == number]
        held = sum(bool(line["ok"]) for line in lines)
        seconds = sum(float(str(line["seconds"])) for line in lines)
        remark = "" if lines else "  -- only in the long run"
        mark = " " if held == len(lines) else "!"
        print(f"{number!s:>7}{mark} {len(lines):>5}  {held:>5}  {seconds:>8.1f}  {name}{remark}")


def report(tally: Tally) -> None:
    """Print what the process run did and found."""
    rate = tally.steps / max(1.0, tally.seconds + tally.rest_seconds)
    print(
        f"\nprocess run: seed {tally.seed}, {tally.runs} runs, {tally.steps} steps in {tally.seconds:.0f} s of faults "
        f"and {tally.rest_seconds:.0f} s of rest: {rate:.1f} steps/s, faults included; "
        f"{tally.stops} processes stopped and continued"
    )
    if tally.plain:
        plain = tally.plain
        print(
            f"plain acks_late Celery, worker kills only: {plain.tasks} tasks, {plain.kills} kills, "
            f"{plain.lost} lost, {plain.doubled} doubled"
        )
    for line in tally.broken[:40]:
        print(f"BROKEN  {line}")
    if len(tally.broken) > 40:
        print(f"BROKEN  and {len(tally.broken) - 40} more")


if __name__ == "__main__":
    sys.exit(main())
