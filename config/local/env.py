"""`local.env`: addresses and secrets of one profile, generated once and kept."""

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

KEYS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CREDENTIAL_KEYS", "AUDIT_SIGNING_KEYS")


def read_env(path: Path) -> dict[str, str]:
    """The file as a dict; empty when there is none. Lines that are not `KEY=value` are left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and key and not key.startswith("#"):
            values[key.strip()] = "".join(shlex.split(value))
    return values


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "# Made by config.local; secrets of this machine.\n" + "".join(
        f"{key}={shlex.quote(value)}\n" for key, value in values.items()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def update_env(path: Path, **values: str) -> dict[str, str]:
    """Set some values, keep the others; returns all."""
    current = read_env(path)
    merged = current | values
    if merged != current:
        write_env(path, merged)
    return merged


def ensure_secrets(path: Path) -> dict[str, str]:
    """Make sure that the secrets exist; what exists is never changed, or what was made with it would be worthless."""
    current = read_env(path)
    return update_env(
        path,
        SECRET_KEY=current.get("SECRET_KEY") or secrets.token_urlsafe(50),
        CREDENTIAL_KEYS=current.get("CREDENTIAL_KEYS") or _key(),
        AUDIT_SIGNING_KEYS=current.get("AUDIT_SIGNING_KEYS") or _key(),
    )


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def export_lines(values: Mapping[str, str]) -> str:
    """`export KEY=value` lines for a POSIX shell."""
    return "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())
