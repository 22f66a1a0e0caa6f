"""Keeps named processes running: starts them, restarts whatever dies, stops them all.

Use it as a context manager; leaving it stops everything in reverse order. When the supervising process is killed,
its guard (`config.local.guard`) ends the children; when the guard is killed with it, the next start does.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from types import TracebackType

import psutil

from config.local.paths import BASE_DIR, Layout
from config.local.process import ProcessId, ProcessSpec, kill_group, kill_tree, spawn, tail
from config.local.registry import Registry, kill_leftovers

POLL_SECONDS = 0.1
# A process that keeps dying is started again after these pauses; all stay below the promised two seconds.
PAUSES = (0.0, 0.3, 0.6, 1.0)
STEADY_SECONDS = 10.0

Listener = Callable[[str, str], None]


class AlreadyRunning(RuntimeError):
    """Another supervisor owns the directory."""


class StartFailed(RuntimeError):
    """A process did not become ready; the message carries the end of its log."""


@dataclass
class Child:
    """A supervised process as it runs now."""

    spec: ProcessSpec
    popen: subprocess.Popen[bytes]
    started: float
    restarts: int = 0
    deaths_in_a_row: int = 0
    restart_at: float | None = None


class Supervisor:
    """Owns the processes of one profile directory. All methods may be called from any thread."""

    def __init__(self, layout: Layout, *, listener: Listener | None = None) -> None:
        """`listener(name, what)` hears `started`, `restarted` and `stopped`."""
        self.layout = layout
        self._listen = listener or _ignore
        self._children: dict[str, Child] = {}
        self._mutex = threading.RLock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._lock_file: BufferedRandom | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._registry = Registry(ProcessId.of(os.getpid()))

    def __enter__(self) -> "Supervisor":
        """Take the directory, end what an earlier supervisor left there. Raises `AlreadyRunning`."""
        self.layout.make()
        self._lock_file = _take(self.layout.supervisor_lock)
        earlier = Registry.load(self.layout.registry_file)
        if earlier is not None:
            kill_leftovers(earlier)
        self._save()
        own = self._registry.supervisor
        arguments = (str(self.layout.registry_file), str(own.pid), own.birth)
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "config.local.guard", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=BASE_DIR,
            start_new_session=True,
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *specs: ProcessSpec) -> None:
        """Start them together and wait until all are ready. Raises `StartFailed`."""
        for spec in specs:
            with self._mutex:
                if spec.name in self._children:
                    raise ValueError(f"{spec.name} is running already")
                popen = spawn(spec, self.layout.log_file(spec.name))
                self._children[spec.name] = Child(spec, popen, time.monotonic())
                self._save()
        for spec in specs:
            self.wait_ready(spec)
            self._listen(spec.name, "started")

    def wait_ready(self, spec: ProcessSpec) -> None:
        """Wait until the process answers its readiness probe. Raises `StartFailed`."""
        deadline = time.monotonic() + spec.ready_timeout
        while spec.ready is not None and not spec.ready():
            child = self._children.get(spec.name)
            gone = child is None or child.restarts >= len(PAUSES)
            if gone or time.monotonic() > deadline:
                log = self.layout.log_file(spec.name)
                raise StartFailed(f"{spec.name} did not start; the end of {log}:\n{tail(log)}")
            time.sleep(0.05)

    def mark_ready(self) -> None:
        """Tell readers of the registry that everything is up."""
        with self._mutex:
            self._registry.ready = True
            self._save()

    def pid(self, name: str) -> int:
        """The process number as of now. Raises `KeyError` for a name that does not run."""
        with self._mutex:
            return self._children[name].popen.pid

    def restarts(self, name: str) -> int:
        """How often the process was started again after it had died."""
        with self._mutex:
            return self._children[name].restarts

    def names(self) -> Sequence[str]:
        """The processes in order of start."""
        with self._mutex:
            return tuple(self._children)

    def stop_one(self, name: str) -> None:
        """Stop one process for good."""
        with self._mutex:
            child = self._children.pop(name)
        _end(child)
        with self._mutex:
            self._save()
        self._listen(name, "stopped")

    def stop(self) -> None:
        """Stop everything, last started first, and give the directory back. Safe to call twice."""
        self._closing.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        for name in reversed(self.names()):
            self.stop_one(name)
        if self._guard is not None:
            with suppress(OSError):
                if self._guard.stdin is not None:
                    self._guard.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._guard.wait(5)
            self._guard = None
        if self._lock_file is not None:
            self.layout.registry_file.unlink(missing_ok=True)
            self._lock_file.close()
            self._lock_file = None

    def _watch(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            with self._mutex:
                for child in self._children.values():
                    if not self._closing.is_set():
                        self._mend(child)

    def _mend(self, child: Child) -> None:
        if child.popen.poll() is None:
            return
        now = time.monotonic()
        if child.restart_at is None:
            kill_group(child.popen.pid)
            steady = now - child.started > STEADY_SECONDS
            child.deaths_in_a_row = 1 if steady else child.deaths_in_a_row + 1
            child.restart_at = now + PAUSES[min(child.deaths_in_a_row, len(PAUSES)) - 1]
        if now < child.restart_at:
            return
        try:
            child.popen = spawn(child.spec, self.layout.log_file(child.spec.name))
        except (OSError, RuntimeError, psutil.Error, subprocess.SubprocessError) as error:
            child.restart_at = now + PAUSES[-1]
            self._listen(child.spec.name, f"cannot be restarted: {error}")
            return
        child.started, child.restart_at = now, None
        child.restarts += 1
        self._save()
        self._listen(child.spec.name, "restarted")

    def _save(self) -> None:
        self._registry.children = {
            name: ProcessId.of(child.popen.pid) for name, child in self._children.items()
        }
        with suppress(FileNotFoundError):
            self._registry.save(self.layout.registry_file)


def _ignore(name: str, what: str) -> None:
    """Nobody listens."""


def _take(path: Path) -> BufferedRandom:
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(f"another one is running in {path.parent.parent}; stop it first") from None
    return file


def _end(child: Child) -> None:
    with suppress(ProcessLookupError):
        child.popen.send_signal(child.spec.stop_signal)
    try:
        child.popen.wait(child.spec.stop_timeout)
    except subprocess.TimeoutExpired:
        kill_tree(child.popen.pid)
        child.popen.wait(5)
    kill_group(child.popen.pid)
