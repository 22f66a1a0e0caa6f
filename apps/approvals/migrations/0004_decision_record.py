"""With each decision all that has to be provable of it, in one text and its hash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_configuration")]

    operations = [
        migrations.AddField("decision", "on_behalf_of", models.JSONField(null=True)),
        migrations.AddField("decision", "record", models.TextField(blank=True, default="")),
        migrations.AddField("decision", "record_hash", models.CharField(blank=True, default="", max_length=64)),
    ]
