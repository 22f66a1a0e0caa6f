"""Processes of this machine: what one is, how it is started, how it and all it started are ended."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.local.account import Account


@dataclass(frozen=True)
class ProcessSpec:
    """How to run one supervised process.

    `env` is added to ours. `ready` is polled until it is true, at most `ready_timeout` seconds. `before_start` runs
    before every start, restarts too. To stop it, `stop_signal` goes to the process, and after `stop_timeout`
    seconds SIGKILL to its whole group.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_timeout: float = 60.0
    before_start: Callable[[], None] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0
    account: Account | None = None


@dataclass(frozen=True)
class ProcessId:
    """A process number together with the birth of the process, as numbers are used again."""

    pid: int
    birth: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        return cls(pid, birth(pid))

    def is_alive(self) -> bool:
        return self.birth != "" and birth(self.pid) == self.birth


def birth(pid: int) -> str:
    """When the process began, in a unit that does not drift; empty when there is none, or only a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        line = Path(f"/proc/{pid}/stat")
        if line.exists():
            # The name in parentheses may hold spaces; the 20th field after it is the start in clock ticks.
            return line.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        return f"{process.create_time():.2f}"
    except (psutil.Error, OSError, IndexError):
        return ""


def spawn(spec: ProcessSpec, log: Path) -> subprocess.Popen[bytes]:
    """Start it as the leader of its own session and process group, its output appended to the log."""
    if spec.before_start is not None:
        spec.before_start()
    with log.open("ab") as output:
        return subprocess.Popen(
            spec.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=spec.cwd,
            env={**os.environ, **spec.env},
            start_new_session=True,
            user=spec.account.uid if spec.account else None,
            group=spec.account.gid if spec.account else None,
            extra_groups=[] if spec.account else None,
        )


def kill_tree(pid: int) -> None:
    """SIGKILL a group leader, its group, and its descendants that left the group; silent when they are gone."""
    try:
        family = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        family = []
    kill_group(pid)
    for process in family:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(family, timeout=2)


def kill_group(group: int) -> None:
    """SIGKILL a process group; also works when its leader is dead and left orphans that hold its ports."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
