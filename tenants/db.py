"""The connection as it is: our backend's, with its types."""

from typing import cast

from django.db import connection as _connection

from tenants.backend.base import DatabaseWrapper

connection = cast(DatabaseWrapper, _connection)
