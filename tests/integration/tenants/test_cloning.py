"""A clone holds what the blueprint holds and goes on after it; what it is made of: tests/architecture/test_schemas.py."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction

from tenants.db import connection
from tenants.services.cloning import clone_schema
from tenants.services.schemas import drop_schema

BLUEPRINT = settings.TENANT_BLUEPRINT_SCHEMA
COPY = "t_copy"


@pytest.fixture
def copy(db: None) -> Iterator[str]:
    with transaction.atomic():
        clone_schema(BLUEPRINT, COPY)
    yield COPY
    drop_schema(COPY)


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [BLUEPRINT])
        return [row[0] for row in cursor.fetchall()]


def test_rows_are_the_same(copy: str) -> None:
    filled = 0
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f"SELECT (SELECT array_agg(b::text ORDER BY b::text) FROM {BLUEPRINT}.{table} b), "
                f"(SELECT array_agg(c::text ORDER BY c::text) FROM {copy}.{table} c)"
            )
            meant, made = cursor.fetchone()
            assert made == meant, table
            filled += meant is not None
    assert filled >= 3


def test_ids_go_on_after_those_that_were_copied(copy: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {BLUEPRINT}.django_content_type")
        last = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO {copy}.django_content_type (app_label, model) VALUES ('a', 'b') RETURNING id"
        )
        assert cursor.fetchone()[0] == last + 1
