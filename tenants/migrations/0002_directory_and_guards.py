"""The directory's row and the triggers that raise its number; the function behind append-only tables."""

from django.db import migrations

_TABLES = ("tenants_partner", "tenants_tenant", "tenants_domain", "tenants_brand")

_FORWARD = """
INSERT INTO "public".tenants_directory (id, number) VALUES (1, 1) ON CONFLICT DO NOTHING;
-- A sequence, for it takes nothing back: what a process learnt in a transaction that was rolled back must never be
-- taken for what the next transaction made true.
CREATE SEQUENCE "public".tenants_directory_number START 2;
CREATE OR REPLACE FUNCTION "public".tenants_raise_directory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "public".tenants_directory SET number = nextval('"public".tenants_directory_number') WHERE id = 1;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION "public".refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "\n".join(
    f'CREATE TRIGGER raise_directory AFTER INSERT OR UPDATE OR DELETE ON "public".{table} '
    f'FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_directory();'
    for table in _TABLES
)

_BACKWARD = "\n".join(f'DROP TRIGGER raise_directory ON "public".{table};' for table in _TABLES) + """
DROP FUNCTION "public".tenants_raise_directory();
DROP SEQUENCE "public".tenants_directory_number;
DROP FUNCTION "public".refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
