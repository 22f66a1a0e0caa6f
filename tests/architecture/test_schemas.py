"""A tenant's schema is the blueprint's, to the last trigger; and what is written once stays as it is."""

import re
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.approvals.models import Decision
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal
from tenants.context import tenant_context
from tenants.db import connection
from tenants.types import TenantRef
from tests.architecture.rows import build

# Everything that makes a schema, spelt without its name.
FACTS = {
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity,
               identity_generation, character_maximum_length, numeric_precision, numeric_scale, generation_expression
          FROM information_schema.columns WHERE table_schema = %s""",
    "constraints": """
        SELECT c.conrelid::regclass::text, c.conname, c.contype, pg_get_constraintdef(c.oid), c.condeferrable,
               c.condeferred, c.convalidated
          FROM pg_constraint c WHERE c.connamespace = %s::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
    "triggers": """
        SELECT t.tgrelid::regclass::text, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled
          FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid
         WHERE r.relnamespace = %s::regnamespace AND NOT t.tgisinternal""",
    "sequences": """
        SELECT sequencename, start_value, increment_by, cycle FROM pg_sequences WHERE schemaname = %s""",
    "functions": """
        SELECT proname, pg_get_function_arguments(oid), prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace""",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = %s",
    "foreign keys that leave": """
        SELECT c.conname FROM pg_constraint c JOIN pg_class r ON r.oid = c.confrelid
         WHERE c.connamespace = %s::regnamespace AND c.contype = 'f' AND r.relnamespace <> c.connamespace""",
}
# PostgreSQL writes casts, and brackets around them, otherwise when it has read its own definition.
CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
LEAST = {"columns": 300, "constraints": 100, "indexes": 100, "triggers": 2, "sequences": 5}


def facts(what: str, schema: str) -> set[tuple[str, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Names in definitions depend on the path: with none, all are written in full.
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(FACTS[what], [schema])
        rows = cursor.fetchall()
    connection.forget_path()
    named = re.compile(rf'\b"?{schema}"?\.')
    return {tuple(CASTS.sub("", named.sub("~.", str(value))) for value in row) for row in rows}


@pytest.mark.parametrize("what", FACTS)
def test_a_cloned_schema_is_the_blueprint(what: str, alpha: TenantRef) -> None:
    blueprint, tenant = facts(what, "blueprint"), facts(what, alpha.schema_name)
    assert tenant == blueprint
    assert len(tenant) >= LEAST.get(what, 0)
    if what == "foreign keys that leave":
        assert tenant == set()


@pytest.mark.parametrize(
    "model",
    [AuditEntry, AuditSeal, AuditCheckpoint, Decision],
    ids=["entry", "seal", "checkpoint", "decision"],
)
def test_what_is_append_only_cannot_be_changed(model: type[Any], in_alpha: TenantRef) -> None:
    row = build(model)
    table = model._meta.db_table
    key = model._meta.pk.column
    for statement in (
        f"UPDATE {table} SET {key} = {key} WHERE {key} = %s",
        f"DELETE FROM {table} WHERE {key} = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "table", ["ledger_auditentry", "ledger_auditseal", "ledger_auditcheckpoint", "approvals_decision"]
)
def test_append_only_guards_stand_in_every_schema(table: str, alpha: TenantRef, beta: TenantRef) -> None:
    schemas = {"blueprint", alpha.schema_name, beta.schema_name}
    schemas |= {"public"} if table.startswith("ledger_") else set()
    with tenant_context(alpha), connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE t.tgname = 'append_only' AND t.tgenabled <> 'D' AND c.relname = %s",
            [table],
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert schemas <= guarded
