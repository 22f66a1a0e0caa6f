"""What a pooled connection forgets before somebody else gets it."""

from typing import Any

from psycopg import Connection, pq


def reset(connection: Connection[Any]) -> None:
    """Leave no role, path or setting of the previous user on the connection; run by the pool on each return."""
    if connection.info.transaction_status != pq.TransactionStatus.IDLE:
        connection.rollback()
    was_autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute("SET search_path = nobody")
    connection.autocommit = was_autocommit
