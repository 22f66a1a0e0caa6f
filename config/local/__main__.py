"""`python -m config.local`: the embedded services from a shell.

up       start PostgreSQL and Redis in the background and print their environment
env      the same, as lines for a shell: eval "$(python -m config.local env)"
down     stop them
status   say what runs
forget   stop them and remove their data
browser  print the path of a Chromium, installing one if need be
"""

import argparse
import os
import sys
from pathlib import Path

from config.local import browser, env, services
from config.local.paths import Layout, var_dir
from config.local.registry import Registry
from config.local.supervisor import AlreadyRunning, StartFailed


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m config.local",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["up", "env", "down", "status", "forget", "serve", "browser"])
    parser.add_argument("--profile", default="dev", help="demo, test, dev or bench; a directory below var/")
    parser.add_argument("--var-dir", type=Path, help="the directory itself, instead of a profile")
    options = parser.parse_args(arguments)
    directory = options.var_dir or var_dir(options.profile)
    try:
        return _run(options.command, directory)
    except (AlreadyRunning, StartFailed, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(command: str, directory: Path) -> int:
    match command:
        case "up" | "env":
            print(env.export_lines(services.ensure_services(directory)), end="")
        case "down":
            print("stopped" if services.stop_services(directory) else "nothing was running")
        case "forget":
            services.forget(directory)
        case "serve":
            services.serve(directory)
        case "browser":
            print(browser.ensure_browser(dict(os.environ)))
        case _:
            return _status(Layout(directory))
    return 0


def _status(layout: Layout) -> int:
    registry = Registry.load(layout.registry_file)
    if registry is None or not registry.supervisor.is_alive():
        print("down")
        return 3
    for name, child in registry.children.items():
        print(f"{name:12} {child.pid:>8} {'up' if child.is_alive() else 'down'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
