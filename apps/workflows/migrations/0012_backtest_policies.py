from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0011_arrivals_by_event"),
    ]

    operations = [
        migrations.AddField(
            model_name="backtest",
            name="policies",
            field=models.JSONField(default=dict),
        ),
    ]
