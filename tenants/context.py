"""Whose data the running code may touch: entered explicitly, never guessed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

import structlog

from tenants import directory
from tenants.backend.base import NO_SCHEMA
from tenants.db import connection
from tenants.exceptions import NoTenant
from tenants.types import TenantRef

PUBLIC = "public"
_tenant: ContextVar[TenantRef | None] = ContextVar("tenant", default=None)


def current_tenant() -> TenantRef:
    """Return the tenant whose schema the running code works in; raise NoTenant outside of one."""
    tenant = _tenant.get()
    if tenant is None:
        raise NoTenant("no tenant has been entered")
    return tenant


def tenant_or_none() -> TenantRef | None:
    """Return the entered tenant, or None in the platform's own context."""
    return _tenant.get()


@contextmanager
def tenant_context(tenant: TenantRef | UUID) -> Iterator[TenantRef]:
    """Work in the tenant's schema within the block; raise UnknownTenant if it does not exist or is not ready."""
    ref = tenant if isinstance(tenant, TenantRef) else directory.tenant_by_id(tenant)
    with _schema(ref.schema_name, ref):
        yield ref


@contextmanager
def schema_context(tenant: TenantRef) -> Iterator[None]:
    """Work in the schema of a tenant that is not ready yet; for provisioning alone."""
    with _schema(tenant.schema_name, tenant):
        yield


@contextmanager
def platform_context() -> Iterator[None]:
    """Work in the platform's own schema (partners' staff, operators) within the block; no tenant is reachable."""
    with _schema(PUBLIC, None):
        yield


@contextmanager
def _schema(schema_name: str, tenant: TenantRef | None) -> Iterator[None]:
    outer_schema = connection.schema_name
    token = _tenant.set(tenant)
    connection.set_schema(schema_name)
    with structlog.contextvars.bound_contextvars(tenant=tenant.slug if tenant else ""):
        try:
            yield
        finally:
            connection.set_schema(outer_schema or NO_SCHEMA)
            _tenant.reset(token)
