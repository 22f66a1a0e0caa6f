"""Deals are looked up by their run with every decision: the documents beside it."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0002_owners_and_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddIndex(model_name="deal", index=models.Index(fields=["run_id"], name="deal_run")),
    ]
