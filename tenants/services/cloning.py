"""A schema as a copy of another: tables, rows, keys, indexes and triggers, under the same names.

django-tenants' function for it asks the catalogue anew for every table, and the catalogue holds the tables of all
tenants: it took 1 s for the first and 30 s for the forty-fourth. Here one query writes all statements, and what it looks
at is found by index, but for one pass over the names of all tables.
"""

from django_tenants.utils import quote_schema_name

from tenants.db import connection

# What the blueprint is made of: plain tables, identity columns, no views, no functions of its own. Definitions name the
# schema they are of once: after ON, or after REFERENCES.
_STATEMENTS = """
WITH tables AS MATERIALIZED (
    SELECT oid, relname, format('%%I.%%I', %(target)s::text, relname) AS made,
           format('%%I.%%I', %(source)s::text, relname) AS meant
      FROM pg_class WHERE relnamespace = %(source)s::regnamespace AND relkind = 'r'),
keys AS (
    SELECT made, contype = 'f' AS is_foreign,
           format('ADD CONSTRAINT %%I %%s', conname,
                  replace(pg_get_constraintdef(c.oid), format(' REFERENCES %%I.', %(source)s::text),
                          format(' REFERENCES %%I.', %(target)s::text))) AS text
      FROM tables JOIN pg_constraint c ON c.conrelid = tables.oid WHERE contype IN ('p', 'u', 'c', 'x', 'f')),
statements AS (
    SELECT 1 AS step, format('CREATE TABLE %%s (LIKE %%s INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED '
           'INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)', made, meant) AS text FROM tables
    UNION ALL
    SELECT 3 + is_foreign::int * 2, format('ALTER TABLE %%s %%s', made, string_agg(text, ', ' ORDER BY text))
      FROM keys GROUP BY made, is_foreign
    UNION ALL
    SELECT 4, replace(pg_get_indexdef(indexrelid), ' ON ' || meant, ' ON ' || made)
      FROM tables JOIN pg_index ON indrelid = tables.oid
     WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = tables.oid AND contype <> 'f')
    UNION ALL
    SELECT 6, replace(pg_get_triggerdef(t.oid), ' ON ' || meant, ' ON ' || made)
      FROM tables JOIN pg_trigger t ON tgrelid = tables.oid WHERE NOT tgisinternal)
SELECT step, text FROM statements ORDER BY step, text
"""
_FILLED = """
SELECT string_agg(format('SELECT %%L, %%L WHERE EXISTS (SELECT FROM %%I.%%I)', relname,
           (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attidentity <> ''),
           %(source)s::text, relname), ' UNION ALL ')
  FROM pg_class c WHERE relnamespace = %(source)s::regnamespace AND relkind = 'r'
"""
_TABLES_MADE = 1


def clone_schema(source: str, target: str) -> None:
    """Make the schema ``target`` as a copy of ``source`` with its rows; needs a transaction, or leaves half of it."""
    connection.set_schema_to_public()
    names = {"source": source, "target": target}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS, names)
        statements: list[tuple[int, str]] = cursor.fetchall()
        before = [text for step, text in statements if step == _TABLES_MADE]
        after = [text for step, text in statements if step > _TABLES_MADE]
        # Rows before keys, indexes and triggers: those are made once, over all of them.
        rows = _copies(source, target)
        cursor.execute("; ".join([f"CREATE SCHEMA {quote_schema_name(target)}", *before, *rows, *after]))


def _copies(source: str, target: str) -> list[str]:
    """Return the statements that copy what the tables hold, and have identities go on after it."""
    with connection.cursor() as cursor:
        cursor.execute(_FILLED, {"source": source})
        cursor.execute(cursor.fetchone()[0])
        filled: list[tuple[str, str | None]] = cursor.fetchall()
    quoted = connection.ops.quote_name
    texts = []
    for table, identity in filled:
        made, meant = (f"{quote_schema_name(schema)}.{quoted(table)}" for schema in (target, source))
        texts.append(f"INSERT INTO {made} OVERRIDING SYSTEM VALUE SELECT * FROM {meant}")  # noqa: S608
        if identity is not None:
            last = f"(SELECT max({quoted(identity)}) FROM {made})"  # noqa: S608
            texts.append(f"SELECT setval(pg_get_serial_sequence('{made}', '{identity}'), {last})")
    return texts
