"""A PostgreSQL backend whose every statement runs in exactly one schema, or not at all.

Differences from django-tenants 4.0.1, whose backend it extends (docs/adr/0002-one-schema-on-the-path.md):

* an error while setting the search path is raised; upstream swallows it and runs the caller's statement on the
  previous tenant's path;
* the search path holds one schema, never ``public`` behind it, so a missing table cannot resolve to a shared one;
* before a schema is chosen the path names a schema that does not exist, so forgetting the tenant is an error;
* the path is sent when it changes, not before every statement; what the server may have taken back (a rollback, a
  new connection) is sent again.
"""

from typing import Any

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsDatabaseWrapper
from django_tenants.postgresql_backend.base import FakeTenant, _check_schema_name
from django_tenants.utils import quote_schema_name
from psycopg import pq

NO_SCHEMA = "nobody"


class DatabaseWrapper(TenantsDatabaseWrapper):
    """See the module's docstring."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._path_sent: str | None = None
        self._configuration: tuple[str, int] | None = None
        super().__init__(*args, **kwargs)
        self.set_schema_to_nobody()

    def set_tenant(self, tenant: Any, include_public: bool = False) -> None:
        """Choose the schema of the statements to come; nothing is sent until the first of them."""
        _check_schema_name(tenant.schema_name)
        self.tenant = tenant
        self.schema_name: str = tenant.schema_name
        self.include_public_schema = False
        self.set_settings_schema(self.schema_name)

    def set_schema_to_nobody(self) -> None:
        """Belong to nobody: shared tables can be reached by their full name, nothing else."""
        self.set_tenant(FakeTenant(schema_name=NO_SCHEMA))

    def forget_path(self) -> None:
        """Assume nothing about the path of the connection; the next statement sends it again."""
        self._path_sent = None

    def assume_path(self, schema_name: str) -> None:
        """Note that the caller has just sent ``schema_name`` as the path in a statement of its own."""
        self._path_sent = schema_name

    def configuration_number(self) -> int | None:
        """Return the number of the chosen schema's configuration as its activation read it, None if it is not known."""
        held = self._configuration
        return held[1] if held and held[0] == self.schema_name else None

    def note_configuration(self, number: int | None) -> None:
        """Keep the number that the caller has just read for the chosen schema; None: nothing is known any more."""
        self._configuration = None if number is None else (self.schema_name, number)

    def connect(self) -> None:
        self.forget_path()
        super().connect()
        if self.pool and self._path_sent is None:
            # The pool hands out connections that it has just made or reset, with nobody's path either way.
            self._path_sent = NO_SCHEMA

    def _configure_connection(self, connection: Any) -> bool:
        configured = bool(super()._configure_connection(connection))
        connection.execute(f"SET search_path = {NO_SCHEMA}")
        return configured

    def close(self) -> None:
        self.forget_path()
        super().close()

    def renew(self) -> None:
        """Give the connection up, and have the pool throw away those that have died as well."""
        self.close()
        if self.pool:
            self.pool.check()

    def rollback(self) -> None:
        self.forget_path()
        super().rollback()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self.forget_path()

    def _cursor(self, name: str | None = None) -> Any:
        # Past django-tenants' own cursor, which would set the path its own way.
        cursor = super(TenantsDatabaseWrapper, self)._cursor(name)
        if self._path_sent != self.schema_name:
            self._send_path(cursor if name is None else None)
        return cursor

    def _send_path(self, cursor: Any) -> None:
        if self.connection.info.transaction_status == pq.TransactionStatus.INERROR:
            # Only a rollback can follow, and it needs no path; any other statement fails by itself.
            return
        statement = f"SET search_path = {quote_schema_name(self.schema_name)}"
        if cursor is None:
            with self.connection.cursor() as own:
                own.execute(statement)
        else:
            cursor.execute(statement)
        self._path_sent = self.schema_name
