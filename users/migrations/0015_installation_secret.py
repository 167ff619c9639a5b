from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0014_expired_by_name")]

    operations = [
        migrations.CreateModel(
            name="InstallationSecret",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("sealed", models.TextField()),
            ],
        )
    ]
