"""One number for each schema, raised by triggers of the tables that hold its configuration."""

from django.db import migrations, models

_FORWARD = """
-- A sequence for the same reason as the directory's: a number that was rolled back never comes again.
CREATE SEQUENCE "public".tenants_configuration_number;
CREATE OR REPLACE FUNCTION "public".tenants_raise_configuration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "public".tenants_configuration AS held (schema_name, number)
    VALUES (TG_TABLE_SCHEMA, nextval('"public".tenants_configuration_number'))
    ON CONFLICT (schema_name) DO UPDATE SET number = excluded.number;
    RETURN NULL;
END $$;
"""

_BACKWARD = """
DROP FUNCTION "public".tenants_raise_configuration() CASCADE;
DROP SEQUENCE "public".tenants_configuration_number;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_directory_and_guards")]
    operations = [
        migrations.CreateModel(
            name="Configuration",
            fields=[
                ("schema_name", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
            ],
            options={"db_table": '"public"."tenants_configuration"'},
        ),
        migrations.RunSQL(_FORWARD, _BACKWARD),
    ]
