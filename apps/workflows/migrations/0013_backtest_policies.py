from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0012_party_of_pauses"),
    ]

    operations = [
        migrations.AddField(
            model_name="backtest",
            name="policies",
            field=models.JSONField(default=dict),
        ),
    ]
