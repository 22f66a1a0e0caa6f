"""The account that runs PostgreSQL, which refuses to run as root."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

NAMES = ("pgserver", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """The account to drop to when we are root, made if it can be; None when we are nobody special."""
    if os.geteuid() != 0:
        return None
    own, fallback = NAMES
    if _find(own) is None and shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", own]
        # Two starts may race for it; whoever loses finds the account there.
        subprocess.run(command, check=False, capture_output=True)
    account = _find(own) or _find(fallback)
    if account is None:
        raise RuntimeError(
            "PostgreSQL cannot run as root, and there is no account to run it; add a user 'pgserver'."
        )
    return account


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def give(path: Path, account: Account | None, mode: int) -> None:
    """Make the directory if needed and hand it to the account."""
    path.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)


def let_pass(path: Path, account: Account | None) -> None:
    """Let the account reach the path: others may pass through (not list) each directory above it."""
    if account is None:
        return
    for directory in path.resolve().parents:
        found = directory.stat()
        if not _may_pass(found, account):
            logger.warning("letting the account %s pass through %s", account.name, directory)
            directory.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)


def let_read(tree: Path, account: Account | None) -> None:
    """Let the account read and execute an installed tree that a strict umask closed."""
    if account is None or _may_pass(tree.stat(), account):
        return
    for path in (tree, *tree.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _may_pass(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
