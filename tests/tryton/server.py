"""Runs a real Tryton for the tests: own virtualenv, SQLite, native REST, loopback only.

What is slow is done once and kept under `VAR_DIR/tryton/<fingerprint>`, the fingerprint covering the locked
requirements and the interpreter: installing 34 packages (some seconds, hashes checked), activating the modules
(200 tables and their records: half a minute), and the administrator's preparation (five seconds; done anew when
its script changes, and every month, as the prepared fiscal year moves with the calendar). What an interrupted
run left half done is done again. Every server gets its own copy.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REQUIREMENTS = ROOT / "requirements" / "tryton.txt"
PREPARE = HERE / "prepare_database.py"
DATABASE = "erp"
MODULES = ("project_invoice", "timesheet_cost")


@dataclass(frozen=True, slots=True)
class TrytonServer:
    """A running server. `facts` is what its administrator hands to the integrator, `key` its REST key."""

    url: str
    key: str
    facts: dict[str, Any]

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of a connection to this server."""
        known = {name: value for name, value in self.facts.items() if name != "key"}
        return {"base_url": self.url, "database": DATABASE, **known}


def cache_dir() -> Path:
    """Where the virtualenv and the databases made with it are kept."""
    var_dir = Path(os.environ.get("VAR_DIR") or ROOT / "var")
    return (var_dir / "tryton" / fingerprint(REQUIREMENTS.read_bytes(), sys.version.encode())).absolute()


def fingerprint(*parts: bytes) -> str:
    """Names what something was made from."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Lets one process at a time prepare the cache."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(*command: str | Path, **environment: str) -> None:
    """Runs a command; on failure raises with what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def ensure_virtualenv(cache: Path) -> Path:
    """Installs the locked packages once, each checked against its hash; returns the virtualenv's `bin`."""
    target = cache / "venv"
    with made_once(target) as needed:
        if needed:
            uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
            if uv is None:
                raise RuntimeError("uv is not installed; requirements/dev.txt brings it")
            run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, target)
            install = ("pip", "install", "--quiet", "--require-hashes", "--requirement", REQUIREMENTS)
            run(uv, *install, VIRTUAL_ENV=str(target))
            forget_others(cache)
    return target / "bin"


def forget_others(cache: Path) -> None:
    """Removes what was made from earlier requirements."""
    for other in cache.parent.iterdir():
        if other != cache:
            shutil.rmtree(other, ignore_errors=True)


def write_config(directory: Path, port: int) -> Path:
    """Writes trytond's configuration file into the directory that holds the database."""
    path = directory / "trytond.conf"
    path.write_text(f"[database]\nuri = sqlite://\npath = {directory}\n\n[web]\nlisten = 127.0.0.1:{port}\n")
    return path


def ensure_tables(cache: Path, binaries: Path) -> Path:
    """Creates a database with the modules activated, once; returns the directory it is in."""
    target = cache / "activated"
    with made_once(target) as needed:
        if needed:
            config = write_config(target, 0)
            (target / f"{DATABASE}.sqlite").touch()
            (target / "password").write_text(os.urandom(16).hex())
            run(
                *(binaries / "trytond-admin", "-c", config, "-d", DATABASE, "--email", "admin@example.test"),
                *("--activate-dependencies", "-u", *MODULES),
                TRYTONPASSFILE=str(target / "password"),
            )
    return target


def ensure_database(cache: Path, binaries: Path) -> Path:
    """Prepares a copy of it as the administrator would, once; returns the directory with it and `facts.json`."""
    month = datetime.now(UTC).strftime("%Y-%m").encode()
    target = cache / f"prepared-{fingerprint(PREPARE.read_bytes(), month)}"
    with made_once(target) as needed:
        if needed:
            shutil.copy(ensure_tables(cache, binaries) / f"{DATABASE}.sqlite", target)
            run(binaries / "python", PREPARE, write_config(target, 0), DATABASE, target / "facts.json")
    return target


@contextmanager
def made_once(directory: Path) -> Iterator[bool]:
    """Gives an empty directory to fill, or one that was filled to its end; the value is whether it is to be filled."""
    done = directory.with_name(f"{directory.name}.done")
    needed = not done.exists()
    if needed:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
    yield needed
    done.touch()


def free_port() -> int:
    """A port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60.0) -> None:
    """Returns when the server listens. Raises with the end of its log when it died or took too long."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the ERP does not answer:\n{log.read_text()[-4000:]}")


@contextmanager
def running_server(directory: Path) -> Iterator[TrytonServer]:
    """Runs a server on a fresh copy of the prepared database in `directory` while the block runs."""
    cache = cache_dir()
    with locked(cache):
        binaries = ensure_virtualenv(cache)
        prepared = ensure_database(cache, binaries)
        shutil.copy(prepared / f"{DATABASE}.sqlite", directory)
    facts = json.loads((prepared / "facts.json").read_text())
    port = free_port()
    log = directory / "trytond.log"
    with log.open("wb") as output:
        command = [str(binaries / "trytond"), "-c", str(write_config(directory, port)), "-d", DATABASE]
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until_ready(process, port, log)
        yield TrytonServer(f"http://127.0.0.1:{port}", facts["key"], facts)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
