"""The guard of a supervisor: outlives it by a moment and ends what it started.

Started by the supervisor with a pipe on standard input. When the pipe closes, the supervisor is gone, however it went:
after an orderly stop its registry is empty, after `kill -9` it names the children to end.
"""

import signal
import sys
from pathlib import Path

from config.local.process import ProcessId
from config.local.registry import Registry, kill_leftovers


def main(registry_file: Path, supervisor: ProcessId) -> None:
    """Wait for the supervisor's end, then end its children; those of a successor are left alone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    registry = Registry.load(registry_file)
    if registry is not None and registry.supervisor == supervisor:
        kill_leftovers(registry)


if __name__ == "__main__":
    main(Path(sys.argv[1]), ProcessId(int(sys.argv[2]), sys.argv[3]))
