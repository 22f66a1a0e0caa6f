"""Cache keys that belong to a tenant."""

from tenants.backend.base import NO_SCHEMA
from tenants.db import connection
from tenants.exceptions import NoTenant


def make_key(key: str, key_prefix: str, version: int) -> str:
    """Return ``schema:prefix:version:key``; raise NoTenant where no schema has been entered."""
    if connection.schema_name == NO_SCHEMA:
        raise NoTenant(f"cache key {key!r} outside of any tenant")
    return f"{connection.schema_name}:{key_prefix}:{version}:{key}"
