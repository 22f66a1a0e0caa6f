"""A kept simulation counts in the calendars it was begun with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0016_tasks_beside")]
    operations = [
        migrations.AddField(
            model_name="scenario",
            name="calendars",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
