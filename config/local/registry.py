"""Which processes a supervisor has started, on disk, so that somebody can clean up when it was killed."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from config.local.process import ProcessId, kill_group, kill_tree


@dataclass
class Registry:
    """The supervisor, its children by name in order of start, and whether everything first started is ready."""

    supervisor: ProcessId
    children: dict[str, ProcessId] = field(default_factory=dict)
    ready: bool = False

    def save(self, path: Path) -> None:
        """Write the file whole; a reader never sees half of it."""
        document = {
            "boot": boot_id(),
            "supervisor": asdict(self.supervisor),
            "children": {name: asdict(child) for name, child in self.children.items()},
            "ready": self.ready,
        }
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Registry | None":
        """The registry, or None when there is none, it is damaged, or it is from before the last boot."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["boot"] != boot_id():
                return None
            return cls(
                supervisor=ProcessId(**document["supervisor"]),
                children={name: ProcessId(**child) for name, child in document["children"].items()},
                ready=bool(document["ready"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def boot_id() -> str:
    """Names this boot of the machine: process numbers say nothing about an earlier one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def kill_leftovers(registry: Registry) -> list[str]:
    """End what a dead supervisor left running, last started first; returns the names of those that were alive."""
    alive: list[str] = []
    for name, child in reversed(registry.children.items()):
        if child.is_alive():
            alive.append(name)
            kill_tree(child.pid)
        elif not psutil.pid_exists(child.pid):
            # The leader is dead, but its number stays taken as long as members of its group live.
            kill_group(child.pid)
    return alive
