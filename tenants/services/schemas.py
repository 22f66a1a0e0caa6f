"""Schemas: migrate the platform's, keep the blueprint up to date, clone it for a new tenant."""

import hashlib

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import quote_schema_name, schema_exists

from tenants.backend.base import NO_SCHEMA
from tenants.db import connection
from tenants.models import Configuration
from tenants.services.cloning import clone_schema


def migrate_platform() -> None:
    """Bring the platform's schema up to date."""
    _migrate("public", shared=True)


def migrate_blueprint() -> None:
    """Bring the blueprint, the empty tenant that new ones are cloned from, up to date."""
    migrate_schema(settings.TENANT_BLUEPRINT_SCHEMA)


def migrate_schema(schema_name: str) -> None:
    """Bring one tenant's schema up to date, making it if it does not exist."""
    _create_schema(schema_name)
    _migrate(schema_name, shared=False)


def clone_blueprint(schema_name: str) -> None:
    """Make ``schema_name`` as a copy of the blueprint; one that an interrupted attempt has left is brought up to date."""
    if schema_exists(schema_name):
        migrate_schema(schema_name)
    else:
        clone_schema(settings.TENANT_BLUEPRINT_SCHEMA, schema_name)


def drop_schema(schema_name: str) -> None:
    """Drop a tenant's schema with all it holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(schema_name)} CASCADE")
    Configuration.objects.filter(schema_name=schema_name).delete()


def code_version() -> str:
    """Return a short name of the tenant migrations this code has; equal code gives equal names."""
    labels = {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    leaves = sorted(f"{app}.{name}" for app, name in loader.graph.leaf_nodes() if app in labels)
    return hashlib.sha256("\n".join(leaves).encode()).hexdigest()[:16]


def _create_schema(schema_name: str) -> None:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_schema_name(schema_name)}")


def _migrate(schema_name: str, *, shared: bool) -> None:
    try:
        call_command(
            "migrate_schemas",
            shared=shared,
            schema_name=None if shared else schema_name,
            verbosity=0,
            interactive=False,
        )
    finally:
        connection.set_schema(NO_SCHEMA)
        connection.forget_path()
