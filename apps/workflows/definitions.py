"""Compiled definitions, kept in the process: a published version never changes."""

from functools import lru_cache
from threading import Lock
from typing import Any
from uuid import UUID

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import compile_definition
from tenants.context import current_tenant

_lock = Lock()


class _Loader:
    """Hands the JSON past the cache's key; a version id is unique over all tenants, the schema is kept as well."""

    pending: dict[tuple[str, UUID, str], dict[str, Any]] = {}


@lru_cache(maxsize=2048)
def _compiled(key: tuple[str, UUID, str]) -> Definition:
    return compile_definition(_Loader.pending[key])


def definition_of(version_id: UUID, digest: str, stored: dict[str, Any]) -> Definition:
    """Return the compiled form of ``stored``; compiled once for each version and digest in a process."""
    key = (current_tenant().schema_name, version_id, digest)
    with _lock:
        _Loader.pending[key] = stored
        try:
            return _compiled(key)
        finally:
            del _Loader.pending[key]
