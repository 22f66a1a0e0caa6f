"""Tasks that belong to something beside the steps of a run, such as a condition of an approval."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0015_discarded_drafts")]
    operations = [
        migrations.AddField(
            model_name="usertask",
            name="beside",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddIndex(
            model_name="usertask",
            index=models.Index(
                condition=models.Q(("beside", ""), _negated=True), fields=["beside"], name="task_beside"
            ),
        ),
    ]
