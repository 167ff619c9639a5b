from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sspr", "0004_campaign_not_asked_yet"),
    ]

    operations = [
        migrations.AddField(
            model_name="recoveryattempt",
            name="wait_until",
            field=models.DateTimeField(default=None, null=True),
        ),
    ]
