"""A clone is what the blueprint is, by name and definition, rows and what comes after them included."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from tenants.db import connection
from tenants.services.cloning import clone_schema
from tenants.services.schemas import drop_schema

BLUEPRINT = settings.TENANT_BLUEPRINT_SCHEMA
COPY = "t_copy"
_CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
_PARTS = {
    "columns": """
        SELECT t.relname, a.attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attcollation,
               attstorage, attcompression, pg_get_expr(d.adbin, d.adrelid), col_description(t.oid, attnum)
          FROM pg_attribute a JOIN pg_class t ON t.oid = attrelid
          LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
         WHERE t.relkind = 'r' AND attnum > 0 AND NOT attisdropped AND relnamespace = %s::regnamespace""",
    "constraints": """
        SELECT t.relname, conname, contype::text, condeferrable, condeferred, convalidated, pg_get_constraintdef(c.oid)
          FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid WHERE connamespace = %s::regnamespace""",
    "indexes": """
        SELECT t.relname, pg_get_indexdef(indexrelid), indisunique, indisprimary, indisvalid
          FROM pg_index JOIN pg_class t ON t.oid = indrelid WHERE relnamespace = %s::regnamespace""",
    "triggers": """
        SELECT t.relname, tgenabled, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class t ON t.oid = tgrelid
         WHERE NOT tgisinternal AND relnamespace = %s::regnamespace""",
    "relations": """
        SELECT relname, relkind, reloptions, relpersistence, relrowsecurity, obj_description(oid)
          FROM pg_class WHERE relnamespace = %s::regnamespace""",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace",
    "types": "SELECT typname, typtype FROM pg_type WHERE typnamespace = %s::regnamespace AND typelem = 0 AND typtype <> 'c'",
}


@pytest.fixture
def copy(db: None) -> Iterator[str]:
    with transaction.atomic():
        clone_schema(BLUEPRINT, COPY)
    yield COPY
    drop_schema(COPY)


def described(part: str, schema: str) -> list[str]:
    """What the catalogue says, without casts and brackets: PostgreSQL writes them otherwise when it reads its own text."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS[part], [schema])
        return sorted(_CASTS.sub("", str(row).replace(f"{schema}.", "")) for row in cursor.fetchall())


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [BLUEPRINT])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("part", _PARTS)
def test_the_catalogue_says_the_same_of_both(copy: str, part: str) -> None:
    meant = described(part, BLUEPRINT)
    assert described(part, copy) == meant
    assert meant or part in ("functions", "types")


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


def test_nothing_refers_to_the_blueprint(copy: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = confrelid WHERE contype = 'f' "
            "AND (connamespace = %s::regnamespace) <> (relnamespace = %s::regnamespace)",
            [copy, copy],
        )
        assert cursor.fetchall() == []
    with connection.cursor() as cursor:
        orphan = f"INSERT INTO {copy}.auth_permission (name, codename, content_type_id) VALUES ('x', 'x', 0)"
        with transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(orphan)
