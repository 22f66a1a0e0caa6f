"""Groups of people and managers; what policies ask of them is remembered, so changes raise the number."""

import apps.core.clock
import apps.core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_USER = """
DROP TRIGGER raise_configuration ON accounts_user;
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE OF email, name, is_active, is_staff, partner_id, contact_id, lease_id{more} ON accounts_user
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_FORWARD = """
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON accounts_group
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
CREATE TRIGGER raise_configuration AFTER INSERT OR DELETE OR UPDATE ON accounts_groupmembership
    FOR EACH STATEMENT EXECUTE FUNCTION "public".tenants_raise_configuration();
"""
_BACKWARD = """
DROP TRIGGER raise_configuration ON accounts_group;
DROP TRIGGER raise_configuration ON accounts_groupmembership;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_configuration")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="manager",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="managed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("key", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
            ],
            options={"verbose_name": "group", "ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="GroupMembership",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="accounts.group"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "group membership",
                "constraints": [models.UniqueConstraint(fields=("group", "user"), name="member_once")],
            },
        ),
        migrations.RunSQL(_USER.format(more=", manager_id"), _USER.format(more="")),
        migrations.RunSQL(_FORWARD, _BACKWARD),
    ]
