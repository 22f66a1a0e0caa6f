from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0011_arrivals_by_event'),
    ]

    operations = [
        migrations.AddField(
            model_name='pause',
            name='party',
            field=models.CharField(
                choices=[
                    ('us', 'Ours: we hold it ourselves'),
                    ('customer', 'The customer’s: we wait for them'),
                    ('vendor_system', 'A connected system’s: it is down or being changed'),
                    ('third_party', 'A third party’s: a supplier or an authority'),
                ],
                default='us',
                max_length=16,
            ),
        ),
    ]
