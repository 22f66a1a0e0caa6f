"""The supervisor, with real processes and real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.local.paths import BASE_DIR, Layout
from config.local.ports import free_port, is_free
from config.local.probes import tcp_ready
from config.local.process import ProcessId, ProcessSpec
from config.local.registry import Registry
from config.local.supervisor import AlreadyRunning, StartFailed, Supervisor

# A parent that listens and a grandchild that inherits the port, as a web server and its workers do.
SERVER = """
import socket, subprocess, sys, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.set_inheritable(True)
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
print("worker", worker.pid, flush=True)
listener.listen()
time.sleep(600)
"""


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for the condition; returns how long it took, fails after `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def server(port: int) -> ProcessSpec:
    return ProcessSpec(
        name="server",
        argv=(sys.executable, "-c", SERVER, str(port)),
        ready=lambda: tcp_ready(port),
        ready_timeout=15,
    )


def workers(layout: Layout) -> list[ProcessId]:
    lines = layout.log_file("server").read_text().splitlines()
    return [ProcessId.of(int(line.split()[1])) for line in lines if line.startswith("worker ")]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    with Supervisor(layout) as running:
        yield running


def test_what_dies_is_restarted_within_two_seconds_and_its_orphans_do_not_hold_the_port(
    supervisor: Supervisor, layout: Layout
) -> None:
    port = free_port()
    supervisor.start(server(port))
    for _ in range(3):
        first = supervisor.pid("server")
        orphan = workers(layout)[-1]
        os.kill(first, signal.SIGKILL)
        took = until(lambda pid=first: supervisor.pid("server") != pid, 2.0)  # type: ignore[misc]
        assert took < 2.0
        until(lambda: tcp_ready(port), 5)
        assert not orphan.is_alive()
    assert supervisor.restarts("server") == 3


def test_stop_ends_the_whole_group_and_frees_the_port(layout: Layout) -> None:
    port = free_port()
    with Supervisor(layout) as supervisor:
        supervisor.start(server(port))
        leader, worker = ProcessId.of(supervisor.pid("server")), workers(layout)[-1]
        assert leader.is_alive()
        assert worker.is_alive()
    assert not leader.is_alive()
    until(lambda: not worker.is_alive(), 2)
    assert is_free(port)
    assert not layout.registry_file.exists()


def test_stops_in_reverse_order_and_kills_who_does_not_listen(layout: Layout) -> None:
    heard: list[tuple[str, str]] = []
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    deaf = f"import signal, time; {ignore}; print('deaf', flush=True); time.sleep(600)"
    log = layout.log_file("second")
    with Supervisor(layout, listener=lambda name, what: heard.append((name, what))) as supervisor:
        supervisor.start(ProcessSpec(name="first", argv=("sleep", "600")))
        supervisor.start(
            ProcessSpec(
                name="second",
                argv=(sys.executable, "-c", deaf),
                ready=lambda: "deaf" in log.read_text(),
                stop_timeout=0.3,
            )
        )
    assert heard == [("first", "started"), ("second", "started"), ("second", "stopped"), ("first", "stopped")]


def test_a_process_that_cannot_run_is_reported_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    broken = ProcessSpec(
        name="broken",
        argv=(sys.executable, "-c", "raise SystemExit('no such table')"),
        ready=lambda: False,
        ready_timeout=10,
    )
    with pytest.raises(StartFailed, match="no such table"):
        supervisor.start(broken)


def test_a_directory_has_one_supervisor(supervisor: Supervisor, layout: Layout) -> None:
    with pytest.raises(AlreadyRunning), Supervisor(layout):
        pass
    supervisor.start(ProcessSpec(name="first", argv=("sleep", "600")))
    assert Registry.load(layout.registry_file) is not None


OWNER = """
import sys, time
from pathlib import Path
from config.local.paths import Layout
from config.local.process import ProcessSpec
from config.local.supervisor import Supervisor
with Supervisor(Layout(Path(sys.argv[1]))) as supervisor:
    supervisor.start(ProcessSpec(name="first", argv=("sh", "-c", "sleep 600 & sleep 600")))
    supervisor.mark_ready()
    time.sleep(600)
"""


def owner(layout: Layout) -> tuple[subprocess.Popen[bytes], Registry]:
    """A supervisor in a process of its own, which a test may kill."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(layout.var_dir)], cwd=BASE_DIR)

    def is_ready() -> bool:
        registry = Registry.load(layout.registry_file)
        return registry is not None and registry.ready

    until(is_ready, 15)
    registry = Registry.load(layout.registry_file)
    assert registry is not None
    return process, registry


def guard_of(registry: Registry) -> int:
    for line in Path("/proc").iterdir():
        if line.name.isdigit() and line.name != str(os.getpid()):
            words = (line / "cmdline").read_bytes().split(b"\0") if (line / "cmdline").exists() else []
            if b"config.local.guard" in words and str(registry.supervisor.pid).encode() in words:
                return int(line.name)
    raise AssertionError("there is no guard")


def test_when_the_supervisor_is_killed_its_guard_ends_the_children(layout: Layout) -> None:
    process, registry = owner(layout)
    child = registry.children["first"]
    guard_of(registry)
    process.kill()
    process.wait()
    until(lambda: not child.is_alive(), 5)


def test_after_kill_of_everything_the_next_start_clears_what_is_left(layout: Layout) -> None:
    process, registry = owner(layout)
    child = registry.children["first"]
    os.kill(guard_of(registry), signal.SIGKILL)
    process.kill()
    process.wait()
    assert child.is_alive()
    with Supervisor(layout):
        until(lambda: not child.is_alive(), 2)


def test_a_recycled_number_is_nobody_of_ours(layout: Layout) -> None:
    layout.make()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        stale = Registry(ProcessId(1, "0"), children={"first": ProcessId(stranger.pid, "1")}, ready=True)
        stale.save(layout.registry_file)
        with Supervisor(layout):
            pass
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
