"""``python -m config.demo``: start everything, play a signed contract to its invoice, keep serving until Ctrl-C."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from config import processes
from config.demo import credentials, guide
from config.demo.scenario import play
from config.demo.stack import Stack, prepare, running_services, start_product
from config.local.paths import Layout, var_dir
from config.local.supervisor import AlreadyRunning, StartFailed


def main() -> int:
    """Return the exit code: 0 if everything that was asked for held."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ending.set())
    only_play = os.environ.get("DEMO_EXIT", "") not in {"", "0"}
    layout = Layout(var_dir("demo"))
    started = time.monotonic()
    try:
        with running_services(layout, _say) as stack:
            _say("schemas, static files, partners, tenants, people")
            known = (layout.var_dir / "credentials.json").exists()
            _start(stack, again=known and processes.is_prepared(stack.env))
            _say(f"everything runs after {time.monotonic() - started:.1f} s")
            code = _play(stack, again=only_play)
            if not only_play:
                guide.show(stack, _say)
                ending.wait()
                _say("stopping")
                return 0
            return code
    except (AlreadyRunning, StartFailed, RuntimeError) as error:
        _say(str(error))
        return 1


def _start(stack: Stack, *, again: bool) -> None:
    """Make the data and start the product; both at once where an earlier start of the same code has made it already."""
    if not again:
        prepare(stack)
        start_product(stack)
        return
    with ThreadPoolExecutor(1) as pool:
        prepared = pool.submit(prepare, stack)
        start_product(stack)
        prepared.result()


def _play(stack: Stack, *, again: bool) -> int:
    """Play the scenario unless an earlier start has; return 0 if every check held."""
    mark = stack.layout.var_dir / "played"
    if mark.exists() and not again:
        _say("the scenario was played by an earlier start (make clean-demo forgets it)")
        return 0
    path = stack.layout.var_dir / "credentials.json"
    content = credentials.read(path)
    try:
        play(stack, content, _say)
    except (RuntimeError, httpx.HTTPError) as error:
        _say(f"FAILED: {error}")
        _say(f"logs: {Path(stack.layout.log_dir)}")
        return 1
    credentials.write(path, content)
    mark.write_text(time.strftime("%Y-%m-%dT%H:%M:%S"), encoding="utf-8")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
