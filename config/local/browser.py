"""Finds a Chromium for the browser tests, or installs one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


class NoBrowser(RuntimeError):
    """No Chromium, and none can be installed from here; the message says what to run."""


def find_browser(environ: Mapping[str, str]) -> Path | None:
    """The Chromium named by `$CHROMIUM`, else one on the path, else Playwright's own; None when there is none."""
    named = environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    if MAC.exists():
        return MAC
    return _playwright_browser(environ)


def ensure_browser(environ: Mapping[str, str]) -> Path:
    """Find a Chromium or install one: Playwright's, else Debian's where we may. Raises `NoBrowser`."""
    found = find_browser(environ)
    if found is not None:
        return found
    for command in _installers():
        print(f"no Chromium found; trying: {' '.join(command)}", file=sys.stderr)
        _run(command)
        found = find_browser(environ)
        if found is not None:
            return found
    raise NoBrowser(
        "The browser tests need Chromium. Run:  sudo apt-get update && sudo apt-get install -y chromium"
    )


def _installers() -> list[list[str]]:
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        commands.append(
            [
                *prefix,
                "sh",
                "-c",
                "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium",
            ]
        )
    return commands


def _run(command: list[str]) -> None:
    # Whether it worked is seen by what is there afterwards; its words belong on the terminal, not in our answer.
    try:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)


def _playwright_browser(environ: Mapping[str, str]) -> Path | None:
    root = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    cache = Path(root) if root else Path.home() / ".cache" / "ms-playwright"
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    for pattern in patterns:
        for path in sorted(cache.glob(pattern), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return None
