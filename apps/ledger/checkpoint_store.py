"""Where signed heads are kept outside the database: whoever can rewrite the database cannot rewrite these."""

import os
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


class CheckpointStore(Protocol):
    """A place that only takes. ``settings.AUDIT_CHECKPOINT_STORE`` names the class; it is made without arguments."""

    def append(self, chain: UUID, line: bytes) -> None:
        """Keep one line of JSON for the chain, for good; the same fact may come twice. Raises OSError if it cannot."""
        ...

    def read(self, chain: UUID) -> list[bytes]:
        """Return the chain's lines in the order they came; none if the chain has none."""
        ...


class FileStore:
    """A file for each chain below ``settings.AUDIT_CHECKPOINT_DIR``, only ever appended to."""

    def __init__(self) -> None:
        self.directory = Path(settings.AUDIT_CHECKPOINT_DIR)

    def append(self, chain: UUID, line: bytes) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path(chain), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            # In one call, so that lines of several processes do not mix.
            os.write(descriptor, line + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, chain: UUID) -> list[bytes]:
        path = self._path(chain)
        return path.read_bytes().splitlines() if path.exists() else []

    def _path(self, chain: UUID) -> Path:
        return self.directory / f"{chain}.jsonl"


def checkpoint_store() -> CheckpointStore:
    """Return the configured store."""
    store: CheckpointStore = import_string(settings.AUDIT_CHECKPOINT_STORE)()
    return store
